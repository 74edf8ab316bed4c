"""Notices that the machine is going away, from the metadata service."""

from __future__ import annotations

import calendar
import json
import time
from dataclasses import dataclass
from typing import Final, Literal

from node.errors import MetadataError
from node.metadata import Metadata

DRAIN_BUDGET: Final = 110.0
"""Seconds to drain when nobody names a time: a spot notice's two minutes, less ten."""

_MARGIN: Final = 10.0
"""Left before the named time, for the hook's completion and the last log lines."""


@dataclass(frozen=True, kw_only=True)
class Departure:
    """The machine is going; `deadline` is seconds since the epoch."""

    reason: Literal["spot", "group"]
    deadline: float


def departure(metadata: Metadata, now: float) -> Departure | None:
    """Spot interruption first: it has the nearer time, and no hook can extend it.

    Raises:
        MetadataError: the service did not answer, or with something that is no notice.
    """
    text = metadata.find("meta-data/spot/instance-action", deadline=2.0)
    if text is not None:
        return Departure(reason="spot", deadline=_action_time(text) - _MARGIN)
    if leaving_group(metadata):
        return Departure(reason="group", deadline=now + DRAIN_BUDGET)
    return None


def leaving_group(metadata: Metadata) -> bool:
    """Whether Auto Scaling wants this machine gone (its terminating hook is waiting, or will)."""
    state = metadata.find("meta-data/autoscaling/target-lifecycle-state", deadline=2.0)
    return (state or "").strip() == "Terminated"


def rebalance_recommended(metadata: Metadata) -> bool:
    """Elevated risk only. Draining on it would churn: the group replaces first, then terminates."""
    path = "meta-data/events/recommendations/rebalance"
    return metadata.find(path, deadline=2.0) is not None


def _action_time(text: str) -> float:
    try:
        named = json.loads(text)["time"]
        return float(calendar.timegm(time.strptime(named, "%Y-%m-%dT%H:%M:%SZ")))
    except (ValueError, TypeError, KeyError) as error:
        msg = f"spot/instance-action is {text!r}, not a notice: {error}"
        raise MetadataError(msg) from error
