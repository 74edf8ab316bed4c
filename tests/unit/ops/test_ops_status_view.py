"""`lakehouse status` on one screen. The expected screens are files beside this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.outputs import StackOutputs
from ops.endpoint import NodeStatus
from ops.machines import Machine
from ops.status import Status
from ops.status_view import LINES, WIDTH, render

HERE = Path(__file__).parent
NODE = {
    "healthy": True,
    "sessions": 3,
    "operations": 1,
    "workers_alive": 2,
    "workers": [
        {"host": "10.42.1.5", "cores": 2, "cores_used": 2, "state": "ALIVE"},
        {"host": "10.42.2.6", "cores": 2, "cores_used": 0, "state": "ALIVE"},
    ],
    "version": {"components": {"spark": "3.5.7", "iceberg": "1.11.0"}},
    "problems": [],
}


def machine(number: int, role: str = "worker", lifecycle: str = "InService") -> Machine:
    return Machine(
        instance_id=f"i-{number:017x}",
        role="leader" if role == "leader" else "worker",
        generation="blue",
        lifecycle=lifecycle,
        state="running",
        type="t3.medium" if role == "leader" else "t3.small",
        market="on demand" if role == "leader" else "spot",
        address=f"10.42.1.{number}",
        zone="eu-central-1a",
        health="healthy" if role == "leader" else "",
    )


def up(outputs: StackOutputs, workers: int = 2) -> Status:
    machines = (machine(4, "leader"), *(machine(5 + number) for number in range(workers)))
    return Status(
        outputs=outputs,
        machines=machines,
        node=NodeStatus(seconds=0.021, document=NODE),
        user="analyst",
    )


def test_a_running_stack_looks_like_the_file(outputs: StackOutputs) -> None:
    assert render(up(outputs)) + "\n" == (HERE / "status_up.txt").read_text()


def test_an_endpoint_that_does_not_answer_is_said_first(outputs: StackOutputs) -> None:
    status = Status(
        outputs=outputs,
        machines=(machine(4, "leader", "Pending:Wait"),),
        node=NodeStatus(seconds=5.0, problem="TimeoutError: timed out"),
        user="analyst",
    )
    assert render(status) + "\n" == (HERE / "status_silent.txt").read_text()


@pytest.mark.parametrize("workers", [0, 2, 8, 9, 10, 11, 200])
def test_every_fleet_fits_one_screen(outputs: StackOutputs, workers: int) -> None:
    lines = render(up(outputs, workers)).splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH


def test_what_is_left_out_is_counted(outputs: StackOutputs) -> None:
    text = render(up(outputs, 200))
    shown = text.count("blue/worker") + text.count("blue/leader")
    assert f"... and {201 - shown} more" in text


def test_all_shows_every_machine(outputs: StackOutputs) -> None:
    assert render(up(outputs, 200), every=True).count("blue/worker") == 200


def test_what_the_leader_could_not_ask_is_not_guessed(outputs: StackOutputs) -> None:
    node = {**NODE, "sessions": None, "workers": None, "problems": ["driver: refused"]}
    status = Status(
        outputs=outputs, machines=(), node=NodeStatus(seconds=0.1, document=node), user="analyst"
    )
    text = render(status)
    assert "sessions ?" in text
    assert "problem   driver: refused" in text


def test_an_account_that_does_not_answer_is_reported(outputs: StackOutputs) -> None:
    status = Status(
        outputs=outputs,
        machines=(),
        node=NodeStatus(seconds=0.0, problem="not asked: no token"),
        user="analyst",
        account_problem="ec2 describe_instances: connection refused",
    )
    assert render(status).splitlines()[-1] == "account   ec2 describe_instances: connection refused"
