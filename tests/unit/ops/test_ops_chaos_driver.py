"""Asking a driver in the middle of a storm: silence may pass, an answer is an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops import chaos_driver
from ops.chaos_driver import Driver, DriverError


class Clock:
    """Time that passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Answer:
    """What a page says."""

    def __init__(self, status: int, body: Any) -> None:
        self.status = status
        self._body = body

    def read(self) -> bytes:
        return json.dumps(self._body).encode()


class Pages:
    """Connections of a leader that is silent until `since`, and its application's name."""

    def __init__(self, clock: Clock, since: float = 0.0) -> None:
        self._clock = clock
        self.since = since
        self.asked: list[str] = []
        self.status = 200

    def request(self, method: str, path: str) -> None:
        assert method == "GET"
        self.asked.append(path)
        if self._clock() < self.since:
            msg = "Timeout opening channel."
            raise OSError(msg)

    def getresponse(self) -> Answer:
        if self.status != 200:
            return Answer(self.status, None)
        jobs = self.asked[-1].endswith("/jobs")
        return Answer(200, [{"jobId": 7}] if jobs else [{"id": "app-1"}])

    def close(self) -> None:
        """A connection that was dropped."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


def driver(monkeypatch: pytest.MonkeyPatch, clock: Clock, pages: Pages) -> Driver:
    made = Driver(None, "10.0.0.4", clock=clock, sleep=clock.sleep)  # type: ignore[arg-type]
    monkeypatch.setattr(made, "_open", lambda port, host: pages)
    return made


def test_a_leader_that_is_slow_for_a_while_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    pages = Pages(clock, since=60)
    assert driver(monkeypatch, clock, pages).jobs() == [{"jobId": 7}]
    assert 60 <= clock.now < 70


def test_one_that_stays_silent_is_told_with_what_was_asked(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    pages = Pages(clock, since=1e9)
    with pytest.raises(DriverError, match=r"10\.0\.0\.4: Timeout opening channel"):
        driver(monkeypatch, clock, pages).jobs()
    assert clock.now >= chaos_driver.PATIENCE_SECONDS


def test_a_refusal_is_asked_again_once_and_then_told(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    pages = Pages(clock)
    pages.status = 404
    with pytest.raises(DriverError, match="status 404"):
        driver(monkeypatch, clock, pages).jobs()
    assert clock.now == 0, "no time makes an answer another one"
    assert len(pages.asked) == 2
