"""The account's time: the system's, plus what tests add instead of sleeping."""

from __future__ import annotations

import datetime
import time

_ahead = 0.0
"""One process is one account and has one time."""


def now() -> float:
    """Seconds since the epoch."""
    return time.time() + _ahead


def advance(seconds: float) -> None:
    """Let time pass at once."""
    global _ahead
    if seconds < 0:
        msg = f"seconds = {seconds}: time does not run backwards, give a positive number"
        raise ValueError(msg)
    _ahead += seconds


def moment(at: float | None = None) -> datetime.datetime:
    """A point in time as the datetime that AWS answers are made of."""
    return datetime.datetime.fromtimestamp(now() if at is None else at, tz=datetime.UTC)


def timestamp(at: float) -> str:
    """A point in time as the metadata service writes it."""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")
