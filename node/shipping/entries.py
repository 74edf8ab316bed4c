"""One entry of the journal, as `journalctl --output=json` writes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

FIELDS: Final = ("MESSAGE", "PRIORITY", "UNIT", "_PID", "_SYSTEMD_UNIT")
"""What is asked for; cursor and time come with every entry."""

_INFO: Final = 6


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is known of a line that something logged."""

    cursor: str
    """Where it is in the journal."""
    milliseconds: int
    """When, since the epoch."""
    unit: str
    """Whose, without its suffix: spark-connect."""
    priority: int
    """As syslog counts: 3 is an error, 6 information."""
    message: str


def parse(line: bytes) -> Entry | None:
    """None for what is no entry: a line that was cut, or one without text."""
    try:
        raw = json.loads(line)
        message = _text(raw.get("MESSAGE"))
        return (
            Entry(
                cursor=raw["__CURSOR"],
                milliseconds=int(raw["__REALTIME_TIMESTAMP"]) // 1000,
                unit=_unit(raw),
                priority=int(raw.get("PRIORITY", _INFO)),
                message=message,
            )
            if message
            else None
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _unit(raw: dict[str, Any]) -> str:
    """Whom the entry is about: systemd itself names a unit that it speaks of."""
    about = raw.get("UNIT") if raw.get("_PID") == "1" else None
    return str(about or raw.get("_SYSTEMD_UNIT", "")).removesuffix(".service")


def _text(value: Any) -> str:
    """Text; the journal writes what is no UTF-8 as a list of bytes."""
    if isinstance(value, list):
        return bytes(value).decode("utf-8", errors="replace")
    return value if isinstance(value, str) else ""
