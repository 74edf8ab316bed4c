"""`lakehouse status` shows the fleet: how large, where from, in which states, and why."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse.outputs import StackOutputs
from ops import status_fleet
from ops.endpoint import NodeStatus
from ops.machines import Machine
from ops.status import Status
from ops.status_view import LINES, WIDTH, render

AUTOSCALER: dict[str, Any] = {
    "desired": 3,
    "minimum": 0,
    "maximum": 8,
    "mode": "spot",
    "decisions": [
        {"at": 1_800_000_000.0 + turn, "reasons": [f"grow from {turn} to {turn + 1}: tasks wait"]}
        for turn in range(20)
    ],
}
FLEET: dict[str, Any] = {
    "queue": {"problem": "", "heard_at": None},
    "workers": [
        {"instance_id": "i-5", "state": "active"},
        {"instance_id": "i-6", "state": "at risk"},
        {"instance_id": "i-9", "state": "gone"},
    ],
}
NODE: dict[str, Any] = {"healthy": True, "workers": [], "autoscaler": AUTOSCALER, "fleet": FLEET}


def machine(number: int, *, kind: str = "m7g.large", market: str = "spot") -> Machine:
    return Machine(
        instance_id=f"i-{number}",
        role="worker",
        generation="blue",
        lifecycle="InService",
        state="running",
        type=kind,
        market=market,
        address=f"10.42.1.{number}",
        zone="eu-central-1a",
        health="",
    )


FOUR = (machine(5), machine(6), machine(7), machine(8, kind="r7g.large", market="on demand"))


def shown(**changes: Any) -> str:
    return "\n".join(status_fleet.lines({**NODE, **changes}, FOUR, every=False))


def test_desired_and_actual_are_told_with_the_bounds() -> None:
    assert "desired 3 of 0 to 8 · actual 4 · on spot" in shown()


def test_workers_are_counted_by_state() -> None:
    assert "1 active · 1 at risk · 1 gone" in shown()


def test_the_share_of_each_pool_is_told() -> None:
    text = shown()
    assert "m7g.large@eu-central-1a spot 75%" in text
    assert "r7g.large@eu-central-1a on demand 25%" in text


def test_the_last_decisions_are_told_with_time_and_reason_newest_first() -> None:
    decided = [each for each in shown().splitlines() if each.startswith("decided")]
    assert decided == [
        "decided   08:00:19  grow from 19 to 20: tasks wait",
        "decided   08:00:18  grow from 18 to 19: tasks wait",
    ]
    assert len(status_fleet.lines(NODE, FOUR, every=True)) == 2 + 20


def test_a_fleet_on_demand_because_spot_is_short_says_so() -> None:
    assert "ON DEMAND: spot is short" in shown(autoscaler={**AUTOSCALER, "mode": "fallback"})


def test_a_queue_that_fails_is_said() -> None:
    assert "QUEUE FAIL" in shown(fleet={**FLEET, "queue": {"problem": "denied"}})


def test_a_fleet_without_an_autoscaler_is_of_fixed_size() -> None:
    assert "fixed size · 1 active" in shown(autoscaler=None)


def test_a_leader_of_before_tells_nothing() -> None:
    assert status_fleet.lines({"healthy": True}, FOUR, every=False) == []


@pytest.mark.parametrize("workers", [0, 2, 8, 9, 10, 11, 200])
def test_it_still_fits_one_screen(outputs: StackOutputs, workers: int) -> None:
    status = Status(
        outputs=outputs,
        machines=tuple(machine(5 + number) for number in range(workers)),
        node=NodeStatus(seconds=0.02, document={**NODE, "problems": ["one", "two"]}),
        user="analyst",
    )
    lines = render(status).splitlines()
    assert len(lines) <= LINES
    assert all(len(each) <= WIDTH for each in lines)


def test_a_machine_that_is_leaving_is_shown_as_such(outputs: StackOutputs) -> None:
    status = Status(
        outputs=outputs,
        machines=FOUR,
        node=NodeStatus(seconds=0.02, document=NODE),
        user="analyst",
    )
    [row] = [each for each in render(status).splitlines() if each.startswith("i-6")]
    assert "at risk" in row
