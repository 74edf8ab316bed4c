"""A call's worth of events, by the limits of PutLogEvents (CloudWatch Logs API reference)."""

from __future__ import annotations

from typing import Final

from node.shipping.routing import Event

EVENTS: Final = 10_000
BYTES: Final = 1_048_576
OVERHEAD: Final = 26
"""Bytes that an event counts beside its text."""

EVENT_BYTES: Final = 262_144 - OVERHEAD
SPAN_MILLISECONDS: Final = 24 * 3600 * 1000
"""Events of one call lie within a day."""

_CUT: Final = "...(cut)"


class Batch:
    """Events that fit into one call."""

    def __init__(self) -> None:
        """Empty."""
        self._events: list[tuple[int, str]] = []
        self._bytes = 0
        self._first = self._last = 0

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Event) -> bool:
        """Take the event; False when it needs another call, and then nothing has changed."""
        text = fitting(event.text)
        size = len(text.encode()) + OVERHEAD
        first = min(self._first, event.milliseconds) if self._events else event.milliseconds
        last = max(self._last, event.milliseconds) if self._events else event.milliseconds
        if (
            len(self._events) >= EVENTS
            or self._bytes + size > BYTES
            or last - first > SPAN_MILLISECONDS
        ):
            return False
        self._events.append((event.milliseconds, text))
        self._bytes += size
        self._first, self._last = first, last
        return True

    @property
    def last(self) -> int:
        """Time of the newest event."""
        return self._last

    def events(self) -> list[dict[str, int | str]]:
        """As the API wants them: oldest first, those of one time in the order they came."""
        ordered = sorted(self._events, key=lambda event: event[0])
        return [{"timestamp": time, "message": text} for time, text in ordered]


def fitting(text: str) -> str:
    """The text, or as much of it as one event may hold."""
    data = text.encode()
    if len(data) <= EVENT_BYTES:
        return text
    return data[: EVENT_BYTES - len(_CUT)].decode(errors="ignore") + _CUT
