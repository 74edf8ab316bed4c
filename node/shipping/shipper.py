"""The loop: take what the journal has, send it, remember how far.

At least once: the cursor is saved after every line before it has been taken, so a shipper that
is killed sends its last batch again and never skips one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from node.errors import NodeError
from node.shipping.batch import Batch
from node.shipping.entries import Entry
from node.shipping.routing import Destination, route
from node.shipping.shipped import Progress

LOG: Final = logging.getLogger("node.shipping")

EVERY: Final = 3.0
"""Seconds that a line waits for company."""

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
STOP_SECONDS: Final = 10.0
"""For the last lines after a stop was asked for; the unit allows some more."""

_QUIET: Final = 0.5


class Source(Protocol):
    """Where lines come from."""

    def read(self, seconds: float) -> list[Entry]:
        """Wait up to `seconds` for some."""


class Sink(Protocol):
    """Where they go."""

    def put(self, batch: Batch) -> None:
        """Send, or raise NodeError to be asked again."""


class Shipper:
    """One journal, a stream for each destination."""

    def __init__(
        self,
        source: Source,
        sinks: Mapping[Destination, Sink],
        progress: Progress,
        *,
        statements: bool,
        stopping: Callable[[], bool],
        pause: Callable[[float], Any],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`pause` is a sleep that a stop ends early; lines without a sink are dropped."""
        self._source = source
        self._sinks = sinks
        self._progress = progress
        self._statements = statements
        self._stopping = stopping
        self._pause = pause
        self._clock = clock
        self._sleep = sleep
        self._batches: dict[Destination, Batch] = {name: Batch() for name in sinks}
        self._cursor = ""
        self._newest = 0
        self._since = 0.0
        self._deadline: float | None = None

    def run(self) -> None:
        """Ship until stopping, then what is left.

        Raises:
            NodeError: the journal's reader ended, or the last lines could not be sent in time.
        """
        try:
            self._run()
        finally:
            # Also when the reader failed: what it gave before that is as good as any.
            if self._deadline is None:
                self._deadline = self._clock() + STOP_SECONDS
            self.flush()

    def _run(self) -> None:
        while not self._stopping():
            self.take(self._source.read(1.0))
            if self._cursor and self._clock() - self._since >= EVERY:
                self.flush()
        self._deadline = self._clock() + STOP_SECONDS
        while self._clock() < self._deadline:
            entries = self._source.read(_QUIET)
            if not entries:
                break
            self.take(entries)

    def take(self, entries: Iterable[Entry]) -> None:
        """Add to the batches, sending those that are full."""
        for entry in entries:
            event = route(entry, statements=self._statements)
            batch = self._batches.get(event.destination)
            if batch is not None and not batch.add(event):
                self.flush()
                self._batches[event.destination].add(event)
            if not self._cursor:
                self._since = self._clock()
            self._cursor = entry.cursor
            self._newest = max(self._newest, entry.milliseconds)

    def flush(self) -> None:
        """Send everything that was taken, and remember it.

        Raises:
            NodeError: stopping, and the deadline has passed.
        """
        if not self._cursor:
            return
        for name, sink in self._sinks.items():
            if len(self._batches[name]):
                self._send(sink, self._batches[name])
                # At once: a failure of the next one must not send this one again.
                self._batches[name] = Batch()
        self._progress.save(self._cursor, self._newest)
        self._cursor = ""

    def _send(self, sink: Sink, batch: Batch) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                sink.put(batch)
            except NodeError as error:
                if pause == FIRST_PAUSE:
                    LOG.warning("%s; trying on, nothing is lost yet", error)
                if self._deadline is None and self._stopping():
                    self._deadline = self._clock() + STOP_SECONDS
                if self._deadline is None:
                    self._pause(pause)
                elif self._clock() + FIRST_PAUSE > self._deadline:
                    raise
                else:
                    self._sleep(FIRST_PAUSE)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                if pause > FIRST_PAUSE:
                    LOG.info("the account takes logs again")
                return
