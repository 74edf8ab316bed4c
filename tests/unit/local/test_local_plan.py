"""The plan is the next step from what is to what shall be, for each machine by itself."""

from __future__ import annotations

import pytest

from local.machine import MachineState
from local.plan import SHUTDOWN_SECONDS, plan
from local.world import Instance
from tests.unit.local.worlds import instance, machine

ID = instance().id
TERMINATED = None
NOT_HERE = None


@pytest.mark.parametrize(
    ("wanted", "present", "verb"),
    [
        pytest.param(instance(), NOT_HERE, "start", id="a new instance is started"),
        pytest.param(instance(state="pending"), NOT_HERE, "start", id="a pending one too"),
        pytest.param(instance(), machine(), None, id="one that runs is left alone"),
        pytest.param(
            instance(), machine(started=False, running=False), "start", id="a killed start goes on"
        ),
        pytest.param(
            instance(),
            machine(started=False, running=True),
            None,
            id="a start that is under way is not doubled",
        ),
        pytest.param(instance(image=None), NOT_HERE, None, id="a foreign image is not started"),
        pytest.param(
            instance(),
            machine(running=False, exit_status=0),
            "report-dead",
            id="a machine that ended by itself is reported to EC2",
        ),
        pytest.param(
            instance(),
            machine(running=False, exit_status=133),
            "start",
            id="a reboot is the same instance",
        ),
        pytest.param(
            instance(),
            machine(orphaned=True),
            "kill",
            id="a machine without its supervisor is ended",
        ),
        pytest.param(TERMINATED, machine(), "ask-to-stop", id="a terminated one is shut down"),
        pytest.param(TERMINATED, machine(stopping_for=1.0), None, id="and given time to shut down"),
        pytest.param(
            TERMINATED,
            machine(stopping_for=SHUTDOWN_SECONDS + 1),
            "kill",
            id="but not for ever",
        ),
        pytest.param(TERMINATED, machine(running=False), "remove", id="then it is removed"),
        pytest.param(
            TERMINATED,
            machine(running=False, started=False, spec=None),
            "remove",
            id="what is left of a killed start is removed",
        ),
        pytest.param(
            instance(state="stopped"),
            machine(running=False),
            None,
            id="a stopped instance keeps its disk",
        ),
        pytest.param(instance(state="stopping"), machine(), "ask-to-stop", id="a stop shuts down"),
        pytest.param(
            instance(),
            machine(running=False, stopping_for=9.0),
            "start",
            id="a stopped instance starts again",
        ),
    ],
)
def test_the_next_step(
    wanted: Instance | None, present: MachineState | None, verb: str | None
) -> None:
    instances = {ID: wanted} if wanted else {}
    machines = {ID: present} if present else {}
    assert [each.verb for each in plan(instances, machines)] == ([verb] if verb else [])


def test_an_address_is_not_given_to_a_second_machine_before_the_first_is_down() -> None:
    old, new = instance(1), instance(2, private_ip=instance(1).private_ip)
    actions = plan({new.id: new}, {old.id: machine(1, stopping_for=1.0)})
    assert actions == []


def test_machines_that_go_come_before_machines_that_come() -> None:
    gone, new = instance(2), instance(1)
    verbs = [each.verb for each in plan({new.id: new}, {gone.id: machine(2)})]
    assert verbs == ["ask-to-stop", "start"]


def test_every_machine_gets_at_most_one_step_a_round() -> None:
    instances = {instance(number).id: instance(number) for number in range(1, 6)}
    actions = plan(instances, {})
    assert len(actions) == len({each.instance_id for each in actions}) == 5
