"""Ends a Connect server that outlived its SparkContext.

When the master kills the application, the context stops but the process stays, with port 15002
open and every query failing (Spark 3.5; SPARK-53198 is 4.x). The driver UI closes with the
context, so that port is the tell. systemd starts the server again.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from typing import Final

LOG: Final = logging.getLogger("node.watchdog")

DEAD_SECONDS: Final = 15.0
"""An orderly stop closes the UI too, and takes up to 10 s."""

START_SECONDS: Final = 180.0
"""A server that never opened its UI; a cold start on a small machine takes some 15 s."""

KILL_SECONDS: Final = 10.0


class Watchdog:
    """One look per `step`; the caller decides how often."""

    def __init__(
        self,
        *,
        ui_open: Callable[[], bool],
        find: Callable[[], int | None],
        send: Callable[[int, signal.Signals], bool],
        clock: Callable[[], float],
    ) -> None:
        """Everything that touches the machine is passed in."""
        self._ui_open = ui_open
        self._find = find
        self._send = send
        self._clock = clock
        self._pid: int | None = None
        self._closed_since = 0.0
        self._limit = START_SECONDS
        self._ended_at: float | None = None

    def step(self) -> None:
        """Look once and act if the limit has passed."""
        now = self._clock()
        pid = self._find()
        if pid != self._pid:
            self._pid, self._closed_since = pid, now
            self._limit, self._ended_at = START_SECONDS, None
        if pid is None:
            return
        if self._ended_at is not None:
            if now - self._ended_at >= KILL_SECONDS:
                LOG.error("Connect server %d ignored SIGTERM: killing it", pid)
                self._send(pid, signal.SIGKILL)
                self._ended_at = now
            return
        if self._ui_open():
            self._closed_since, self._limit = now, DEAD_SECONDS
            return
        closed = now - self._closed_since
        if closed >= self._limit:
            LOG.error(
                "Connect server %d lives, but its driver UI has been closed for %.0f s: its "
                "SparkContext is dead; ending it so that systemd starts a new one",
                pid,
                closed,
            )
            self._send(pid, signal.SIGTERM)
            self._ended_at = now
