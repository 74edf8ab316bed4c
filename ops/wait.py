"""Waiting: every wait has a deadline, and one that ends in vain says what it saw last."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from lakehouse.errors import DeadlineError


class Clock(Protocol):
    """Time as the rest of `ops/` sees it, so that tests need not wait."""

    def now(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        ...


class SystemClock:
    """The machine's own monotonic clock."""

    def now(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep for real."""
        time.sleep(seconds)


@dataclass(frozen=True)
class Pending:
    """What a probe returns while it is too early; `seen` ends up in the error message."""

    seen: str


T = TypeVar("T")


def until(
    probe: Callable[[], T | Pending],
    *,
    deadline: float,
    describe: str,
    interval: float = 1.0,
    clock: Clock | None = None,
) -> T:
    """Call `probe` until it returns something other than `Pending`, at most `deadline` seconds.

    The probe is asked at least once, and once more at the deadline itself.

    Raises:
        DeadlineError: "waited 30 s for <describe>; last seen: <what the probe saw>".
    """
    clock = clock or SystemClock()
    start = clock.now()
    while True:
        outcome = probe()
        if not isinstance(outcome, Pending):
            return outcome
        left = deadline - (clock.now() - start)
        if left <= 0:
            msg = f"waited {deadline:g} s for {describe}; last seen: {outcome.seen}"
            raise DeadlineError(msg)
        clock.sleep(min(interval, left))
