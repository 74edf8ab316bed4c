"""A worker's comings and goings."""

from __future__ import annotations

import json
import signal
import time
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber

from lakehouse.boot import BootDocument
from node import handover, notices, web
from node.errors import MetadataError, NodeError
from node.instance import Instance
from node.worker_agent import WorkerAgent, registered

ALIVE = {"host": "10.0.1.4", "port": 7078, "state": "ALIVE"}
STATE = "meta-data/autoscaling/target-lifecycle-state"
ACTION = "meta-data/spot/instance-action"


def expect_completion(stub: Stubber, hook: str) -> None:
    stub.add_response(
        "complete_lifecycle_action",
        {},
        {
            "LifecycleHookName": hook,
            "AutoScalingGroupName": "workers",
            "InstanceId": "i-1",
            "LifecycleActionResult": "CONTINUE",
        },
    )


class World:
    """The machine around an agent: master, worker, clock."""

    def __init__(self) -> None:
        self.workers: list[dict[str, object]] = []
        self.executors: list[int] = [0]
        self.master_up = True
        self.signals: list[tuple[int, signal.Signals]] = []
        self.now = time.time()
        self.pid: int | None = 77
        self.order: list[str] = []
        """What was done before what, where that matters."""
        self.data: int | OSError = 0
        """Bytes of shuffle files, or why they cannot be counted."""

    def get_json(self, host: str, port: int, path: str) -> object:
        if port == 8080:
            if not self.master_up:
                msg = "refused"
                raise web.WebError(msg)
            return {"workers": self.workers}
        count = self.executors.pop(0) if len(self.executors) > 1 else self.executors[0]
        return {"executors": [{}] * count}

    def send(self, pid: int, number: signal.Signals) -> bool:
        self.signals.append((pid, number))
        return True

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def await_shipped(self, since: float) -> bool:
        assert since <= self.now
        self.order.append("shipped")
        return True

    def stored(self) -> int:
        if isinstance(self.data, OSError):
            raise self.data
        return self.data

    def agent(
        self, document: BootDocument, instance: Instance, imds: Any, client: Any
    ) -> WorkerAgent:
        return WorkerAgent(
            document,
            instance,
            imds.client(),
            client,
            get_json=self.get_json,
            find=lambda _: self.pid,
            send=self.send,
            await_shipped=self.await_shipped,
            stored=self.stored,
            clock=lambda: self.now,
            sleep=self.sleep,
        )


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        ([ALIVE], True),
        ([], False),
        ([{**ALIVE, "state": "DEAD"}], False),
        ([{**ALIVE, "host": "10.0.1.5"}], False),
        ([{**ALIVE, "state": "DEAD"}, ALIVE], True),
    ],
)
def test_registered_means_alive_at_this_address(
    workers: list[dict[str, object]], expected: object
) -> None:
    assert registered({"workers": workers}, "10.0.1.4") is expected


def test_a_worker_is_ready_when_its_master_lists_it(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    client, stub = autoscaling
    world = World()
    agent = world.agent(worker, instance, imds, client)
    agent.step()
    assert not agent.ready, "a started process is not a registered worker"
    world.workers = [ALIVE]
    expect_completion(stub, "ready")
    agent.step()
    assert agent.ready
    stub.assert_no_pending_responses()


def test_ready_is_said_once(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    client, stub = autoscaling
    world = World()
    world.workers = [ALIVE]
    agent = world.agent(worker, instance, imds, client)
    expect_completion(stub, "ready")
    agent.step()
    agent.step()
    stub.assert_no_pending_responses()


def test_a_leader_that_is_down_is_waited_for(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    world = World()
    world.master_up = False
    agent = world.agent(worker, instance, imds, autoscaling[0])
    assert agent.step() > 0
    assert not agent.ready


def test_a_completion_that_failed_is_tried_again(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    client, stub = autoscaling
    world = World()
    world.workers = [ALIVE]
    agent = world.agent(worker, instance, imds, client)
    stub.add_client_error("complete_lifecycle_action", "Throttling", "slow down")
    with pytest.raises(NodeError, match="slow down"):
        agent.step()
    expect_completion(stub, "ready")
    agent.step()
    assert agent.ready


def test_the_groups_wish_drains_then_releases(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    client, stub = autoscaling
    world = World()
    world.executors = [1, 1, 0]
    imds.entries[STATE] = "Terminated"
    agent = world.agent(worker, instance, imds, client)
    expect_completion(stub, "drain")
    agent.step()
    assert world.signals == [(77, signal.SIGPWR)], "decommissioned, not killed"
    stub.assert_no_pending_responses()
    agent.step()
    assert len(world.signals) == 1, "draining is done once"


def test_draining_ends_at_its_deadline(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    client, stub = autoscaling
    world = World()
    world.executors = [2]
    started = world.now
    imds.entries[STATE] = "Terminated"
    expect_completion(stub, "drain")
    world.agent(worker, instance, imds, client).step()
    assert notices.DRAIN_BUDGET <= world.now - started <= notices.DRAIN_BUDGET + 2


def test_a_spot_notice_drains_and_waits_for_the_group(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    client, stub = autoscaling
    world = World()
    imds.entries[ACTION] = '{"action": "terminate", "time": "2030-01-01T00:02:00Z"}'
    agent = world.agent(worker, instance, imds, client)
    agent.step()
    assert agent.drained
    assert not agent.released, "no hook is waiting yet"
    imds.entries[STATE] = "Terminated"
    expect_completion(stub, "drain")
    agent.step()
    assert agent.released


MINUTE = "1970-01-01T00:02:00Z"
"""Two minutes after the clock's zero: what the notices below name."""
NEEDED_FROM = 110.0 - handover.BASE
"""Ten seconds are kept for what comes after the handover."""


@pytest.fixture
def noticed(worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any) -> Any:
    """A ready worker at work, with a notice of two minutes that it has not seen yet."""
    client, stub = autoscaling
    world = World()
    world.now = 0.0
    world.workers = [ALIVE]
    agent = world.agent(worker, instance, imds, client)
    expect_completion(stub, "ready")
    agent.step()
    stub.assert_no_pending_responses()
    imds.entries[ACTION] = json.dumps({"action": "terminate", "time": MINUTE})
    return world, agent, imds, stub


def test_a_worker_with_notice_works_on_while_there_is_time(noticed: Any) -> None:
    world, agent, _, _ = noticed
    for world.now in (2.0, 20.0, NEEDED_FROM - 1):
        agent.step()
        assert not world.signals, "a third of the fleet is not given up before it must be"
        assert agent.state().state == "leaving"
    world.now = NEEDED_FROM
    agent.step()
    assert world.signals == [(77, signal.SIGPWR)], "what is left is needed to hand over"
    assert agent.drained


def test_much_data_is_handed_over_sooner(noticed: Any) -> None:
    world, agent, _, _ = noticed
    world.data = 20 * handover.RATE
    world.now = NEEDED_FROM - 21
    agent.step()
    assert not world.signals
    world.now = NEEDED_FROM - 20
    agent.step()
    assert world.signals, "twenty seconds more of data, twenty seconds less of work"


def test_a_replacement_in_service_does_not_end_the_work(noticed: Any) -> None:
    world, agent, imds, stub = noticed
    imds.entries[STATE] = "Terminated"
    for world.now in (10.0, 40.0):
        agent.step()
        assert not world.signals, "its executor has yet to start and to compile its code"
    expect_completion(stub, "drain")
    world.now = NEEDED_FROM
    agent.step()
    assert world.signals
    assert agent.released, "the group waits for it"
    stub.assert_no_pending_responses()


def test_a_metadata_service_that_falls_silent_after_a_notice_stops_nothing(
    noticed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, agent, _, _ = noticed
    agent.step()

    def silent(*_: object) -> None:
        msg = "no answer"
        raise MetadataError(msg)

    monkeypatch.setattr(notices, "departure", silent)
    monkeypatch.setattr(notices, "leaving_group", silent)
    world.now = NEEDED_FROM + 1
    with pytest.raises(MetadataError):
        agent.step()
    assert world.signals, "the end comes at the time that was named, whoever is silent"
    assert agent.drained


def test_a_notice_counts_although_it_is_not_shown_any_more(noticed: Any) -> None:
    world, agent, imds, _ = noticed
    agent.step()
    del imds.entries[ACTION]
    world.now = NEEDED_FROM + 1
    agent.step()
    assert world.signals


def test_what_cannot_be_counted_is_handed_over_at_once(noticed: Any) -> None:
    world, agent, _, _ = noticed
    world.data = PermissionError(13, "no")
    agent.step()
    assert world.signals


def test_a_worker_that_never_registered_does_not_wait(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    world = World()
    world.now = 0.0
    imds.entries[ACTION] = json.dumps({"action": "terminate", "time": MINUTE})
    world.agent(worker, instance, imds, autoscaling[0]).step()
    assert world.signals, "nobody waits for its work"


def test_a_rebalance_recommendation_drains_nothing(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    world = World()
    imds.entries["meta-data/events/recommendations/rebalance"] = "{}"
    agent = world.agent(worker, instance, imds, autoscaling[0])
    agent.step()
    assert not world.signals


def test_without_a_spark_worker_there_is_nothing_to_drain(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    client, stub = autoscaling
    world = World()
    world.pid = None
    imds.entries[STATE] = "Terminated"
    expect_completion(stub, "drain")
    agent = world.agent(worker, instance, imds, client)
    agent.step()
    assert agent.released


def test_the_last_lines_are_sent_before_the_group_may_take_the_machine(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    client, stub = autoscaling
    expect_completion(stub, "drain")
    world = World()
    world.executors = [0]
    imds.entries[STATE] = "Terminated"
    client.meta.events.register(
        "before-parameter-build.auto-scaling.CompleteLifecycleAction",
        lambda **_: world.order.append("released"),
    )
    world.agent(replace(worker, log_group="/g"), instance, imds, client).step()
    assert world.order == ["shipped", "released"]


def test_a_spot_machine_sends_its_last_lines_without_waiting_for_a_word_of_its_group(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    world = World()
    world.executors = [0]
    imds.entries[ACTION] = '{"action": "terminate", "time": "2030-01-01T00:02:00Z"}'
    agent = world.agent(replace(worker, log_group="/g"), instance, imds, autoscaling[0])
    agent.step()
    agent.step()
    assert world.order == ["shipped"], "once: EC2 ends the machine, whatever the group does"


def test_a_machine_that_keeps_its_logs_waits_for_nobody(
    worker: BootDocument, instance: Instance, imds: Any, autoscaling: Any
) -> None:
    client, stub = autoscaling
    expect_completion(stub, "drain")
    world = World()
    imds.entries[STATE] = "Terminated"
    world.agent(worker, instance, imds, client).step()
    assert world.order == []
