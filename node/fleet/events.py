"""Messages of EventBridge about instances, read into one shape.

Forms: EC2 user guide, "Spot Instance interruption notices" and "EC2 instance rebalance
recommendations"; Auto Scaling user guide, "EventBridge event reference".
"""

from __future__ import annotations

import calendar
import json
import time
from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["interruption", "rebalance", "launched", "not launched", "leaving", "terminated"]

KINDS: Final[dict[str, Kind]] = {
    "EC2 Spot Instance Interruption Warning": "interruption",
    "EC2 Instance Rebalance Recommendation": "rebalance",
    "EC2 Instance Launch Successful": "launched",
    "EC2 Instance Launch Unsuccessful": "not launched",
    "EC2 Instance-terminate Lifecycle Action": "leaving",
    "EC2 Instance Terminate Successful": "terminated",
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """One message; `instance_id` is empty where it is about none."""

    kind: Kind
    at: float
    """Seconds since the epoch, as EventBridge says."""
    instance_id: str = ""
    message: str = ""


def read(body: str) -> Event | None:
    """None for a message that is not about an instance's fate, or not in EventBridge's form."""
    try:
        raw: Any = json.loads(body)
        kind = KINDS.get(raw["detail-type"])
        detail = raw["detail"]
        if kind is None:
            return None
        return Event(
            kind=kind,
            at=float(calendar.timegm(time.strptime(raw["time"], "%Y-%m-%dT%H:%M:%SZ"))),
            instance_id=str(detail.get("instance-id") or detail.get("EC2InstanceId") or ""),
            message=str(detail.get("StatusMessage", "")),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
