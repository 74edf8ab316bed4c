"""Times of the week at which a cluster keeps more workers, such as `mon-fri 07:00-19:00 4`."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Final

from lakehouse.boot import SCHEDULE_ENTRY
from node.errors import LastingError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def minimum(entries: Sequence[str], now: float) -> int:
    """The largest minimum of the entries that hold now; zero when none does. Times are UTC.

    Raises:
        LastingError: an entry is not one.
    """
    moment = time.gmtime(now)
    minute = moment.tm_hour * 60 + moment.tm_min
    return max((_minimum(entry, moment.tm_wday, minute) for entry in entries), default=0)


def _minimum(entry: str, day: int, minute: int) -> int:
    found = re.fullmatch(SCHEDULE_ENTRY, entry)
    if found is None:
        msg = f"autoscale.schedule holds {entry!r}; write it like 'mon-fri 07:00-19:00 4'"
        raise LastingError(msg)
    first, last, begin, end, workers = found.groups()
    start, stop = _minutes(begin), _minutes(end)
    if start < stop:
        holds = _on(day, first, last) and start <= minute < stop
    else:
        # Over midnight: the later part belongs to the day before.
        holds = (_on(day, first, last) and minute >= start) or (
            _on((day - 1) % 7, first, last) and minute < stop
        )
    return int(workers) if holds else 0


def _on(day: int, first: str, last: str | None) -> bool:
    begin = DAYS.index(first)
    length = (DAYS.index(last) - begin) % 7 if last else 0
    return (day - begin) % 7 <= length


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
