"""Where a line goes, and as what: the operators' logs, or the record of who ran what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from node.render.log4j import AUDIT_MARK
from node.shipping.entries import Entry
from node.shipping.privacy import withhold

Destination = Literal["logs", "audit"]

UNITS: Final = (
    "millrace-autoscaler",
    "millrace-boot",
    "millrace-fleet",
    "millrace-gateway",
    "millrace-health",
    "millrace-metrics",
    "millrace-probe",
    "millrace-scratch",
    "millrace-shipper",
    "millrace-worker-agent",
    "spark-connect",
    "spark-master",
    "spark-worker",
    # Who came onto the machine.
    "ssh",
)
"""Whose lines are sent."""

_GATEWAY: Final = "millrace-gateway"
_CONNECT: Final = "spark-connect"
_SPARK: Final = "spark-"

_LEVELS: Final = {0: "fatal", 1: "fatal", 2: "fatal", 3: "error", 4: "warn", 5: "info", 6: "info"}


@dataclass(frozen=True, kw_only=True)
class Event:
    """A line on its way."""

    destination: Destination
    milliseconds: int
    text: str
    """JSON, so that CloudWatch Logs Insights finds its fields."""


def route(entry: Entry, *, statements: bool) -> Event:
    """Without `statements`, nothing that quotes one leaves the machine."""
    record = _record(entry)
    if record is not None:
        destination: Destination = "audit"
    else:
        destination = "logs"
        message = entry.message
        if entry.unit.startswith(_SPARK) and not statements:
            message = withhold(message)
        record = {"unit": entry.unit, "level": _level(entry), "message": message}
    return Event(
        destination=destination,
        milliseconds=entry.milliseconds,
        text=json.dumps(record, ensure_ascii=False),
    )


def _record(entry: Entry) -> dict[str, Any] | None:
    """The audit's record, if the line is one."""
    if entry.unit == _CONNECT and entry.message.startswith(AUDIT_MARK):
        return _object(entry.message.removeprefix(AUDIT_MARK))
    if entry.unit == _GATEWAY and entry.message.startswith("{"):
        call = _object(entry.message)
        return None if call is None else {"record": "rpc", **call}
    return None


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _level(entry: Entry) -> str:
    """Spark says it in the line, where everybody else tells the journal."""
    word = entry.message.partition(" ")[0]
    if entry.unit.startswith(_SPARK) and word in ("DEBUG", "INFO", "WARN", "ERROR", "FATAL"):
        return word.lower()
    return _LEVELS.get(entry.priority, "debug")
