"""Waiting for a fact, with a deadline that says what was seen last."""

from __future__ import annotations

import time
from collections.abc import Callable

from lakehouse.errors import DeadlineError


def until(
    probe: Callable[[], object],
    *,
    what: str,
    deadline: float,
    describe: Callable[[], str] | None = None,
    interval: float = 0.05,
) -> None:
    """Return as soon as `probe` is true.

    Raises:
        DeadlineError: it was not within `deadline` seconds; `describe` ends the message.
    """
    end = time.monotonic() + deadline
    while not probe():
        if time.monotonic() > end:
            seen = f"; last seen: {describe()}" if describe else ""
            msg = f"waited {deadline:.0f} s for {what}{seen}"
            raise DeadlineError(msg)
        time.sleep(interval)
