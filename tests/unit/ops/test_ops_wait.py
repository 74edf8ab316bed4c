"""A wait ends in time and says what it saw last."""

from __future__ import annotations

import pytest

from lakehouse.errors import DeadlineError
from ops.wait import Pending, until


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def test_the_first_answer_ends_the_wait() -> None:
    answers = iter([Pending("none"), Pending("one"), "ready"])
    clock = Clock()
    assert until(lambda: next(answers), deadline=10, describe="it", clock=clock) == "ready"
    assert clock.time == 2.0


def test_a_wait_in_vain_reports_the_last_observation() -> None:
    with pytest.raises(DeadlineError, match="waited 3 s for workers; last seen: 1 of 2"):
        until(lambda: Pending("1 of 2"), deadline=3, describe="workers", clock=Clock())


def test_the_probe_is_asked_once_even_without_time() -> None:
    assert until(lambda: 42, deadline=0, describe="it", clock=Clock()) == 42


def test_the_wait_never_sleeps_beyond_its_deadline() -> None:
    clock = Clock()
    with pytest.raises(DeadlineError):
        until(lambda: Pending("no"), deadline=2.5, describe="it", interval=60, clock=clock)
    assert clock.time == 2.5


def test_an_answer_that_is_false_is_an_answer() -> None:
    assert until(lambda: 0, deadline=1, describe="it", clock=Clock()) == 0
