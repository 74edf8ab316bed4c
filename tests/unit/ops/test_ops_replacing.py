"""An update that changes machines is over when the last machine was replaced."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse.errors import DeadlineError, ToolError
from ops.replacing import await_replaced


class Stepped:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class Groups:
    """Each group's newest refresh, one answer after the other; the last one stays."""

    def __init__(self, **answers: list[dict[str, Any] | None]) -> None:
        self.answers = answers

    def newest_refresh(self, group: str) -> dict[str, Any] | None:
        left = self.answers[group]
        return left.pop(0) if len(left) > 1 else left[0]


class FakeAccount:
    def __init__(self, groups: Groups) -> None:
        self.autoscaling = groups


def refresh(status: str, name: str = "new", percent: int = 0) -> dict[str, Any]:
    return {"InstanceRefreshId": name, "Status": status, "PercentageComplete": percent}


def follow(deadline: float = 60, **answers: list[dict[str, Any] | None]) -> tuple[float, list[str]]:
    clock, said = Stepped(), list[str]()
    account: Any = FakeAccount(Groups(**answers))
    await_replaced(account, list(answers), deadline=deadline, log=said.append, clock=clock)
    return clock.time, said


def test_groups_that_replace_nothing_are_not_waited_for() -> None:
    assert follow(leader=[None], worker=[refresh("Successful")]) == (0.0, [])


def test_the_slowest_group_is_waited_for() -> None:
    waited, said = follow(
        leader=[refresh("InProgress"), refresh("Successful")],
        worker=[refresh("Pending"), refresh("InProgress", percent=50), refresh("Successful")],
    )
    assert waited == 2
    assert said == ["leader replaces its machines", "worker replaces its machines"]


def test_a_replacement_that_fails_is_an_error() -> None:
    with pytest.raises(ToolError, match="replacing the machines of leader ended as Failed"):
        follow(leader=[refresh("InProgress"), refresh("Failed")])


def test_one_that_failed_before_says_nothing_of_this_update() -> None:
    assert follow(leader=[refresh("Failed", name="old")]) == (0.0, [])


def test_one_that_does_not_end_says_how_far_it_is() -> None:
    with pytest.raises(DeadlineError, match=r"waited 5 s for new machines.*worker 50 %"):
        follow(5, worker=[refresh("InProgress", percent=50)])
