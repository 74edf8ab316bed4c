"""How far the journal has been sent: kept over reboots, and told to who is about to leave."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from node import paths

WAIT_SECONDS: Final = 10.0
"""Longest that leaving waits for its last lines: a spot notice has no more to spare."""

_PAUSE: Final = 0.25


class Progress:
    """The cursor in the machine's state, the time of the newest line in its run directory."""

    def __init__(
        self, cursor: Path = paths.SHIPPER_STATE / "cursor", told: Path = paths.SHIPPED
    ) -> None:
        """The directories are the unit's."""
        self._cursor = cursor
        self._told = told

    def cursor(self) -> str:
        """Where to go on; empty at the beginning."""
        try:
            return self._cursor.read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def save(self, cursor: str, milliseconds: int) -> None:
        """Everything up to here has been taken by the account."""
        _replace(self._cursor, cursor + "\n")
        _replace(self._told, json.dumps({"until": milliseconds / 1000}) + "\n")


def until(told: Path = paths.SHIPPED) -> float | None:
    """Time of the newest line that was sent; None where nothing is."""
    try:
        return float(json.loads(told.read_text(encoding="utf-8"))["until"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def wait(
    since: float,
    *,
    told: Path = paths.SHIPPED,
    seconds: float = WAIT_SECONDS,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Return once a line of `since` or later was sent; False when that took too long."""
    deadline = clock() + seconds
    # Lines have times in whole milliseconds.
    wanted = int(since * 1000) / 1000
    while True:
        reached = until(told)
        if reached is not None and reached >= wanted:
            return True
        if clock() >= deadline:
            return False
        sleep(_PAUSE)


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.chmod(0o644)
    temporary.replace(path)
