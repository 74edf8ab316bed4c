"""Instance refreshes: replacing a group's instances one after the other.

Kept simple: always one at a time, whatever percentage is asked for.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from moto.autoscaling.exceptions import AutoscalingClientError

from local.account import clock
from local.account.fleet import terminate
from local.account.graft import attached
from local.account.members import in_service, staying

_UNDER_WAY: Final = "InstanceRefreshInProgress"
_NONE_ACTIVE: Final = "ActiveInstanceRefreshNotFound"


@dataclass
class Refresh:
    """One refresh of one group."""

    group: str
    outdated: set[str]
    count: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "InProgress"
    started: float = field(default_factory=clock.now)
    ended: float | None = None

    def describe(self) -> dict[str, Any]:
        """DescribeInstanceRefreshes' entry."""
        left = len(self.outdated)
        return {
            "InstanceRefreshId": self.id,
            "AutoScalingGroupName": self.group,
            "Status": self.status,
            "StartTime": clock.moment(self.started),
            "EndTime": None if self.ended is None else clock.moment(self.ended),
            "InstancesToUpdate": left,
            "PercentageComplete": 100 - 100 * left // self.count if self.count else 100,
        }


@dataclass
class Refreshes:
    """A group's refreshes, newest first."""

    all: list[Refresh] = field(default_factory=list)


def of(group: Any) -> list[Refresh]:
    """A group's refreshes, newest first."""
    return attached(group, Refreshes).all


def start(group: Any) -> Refresh:
    """Begin to replace every instance that a group has now."""
    if _active(group):
        msg = "An Instance Refresh is already in progress and blocks the execution of this one."
        raise AutoscalingClientError(_UNDER_WAY, msg)
    outdated = {member.instance_id for member in staying(group)}
    refresh = Refresh(group.name, outdated, len(outdated))
    of(group).insert(0, refresh)
    return refresh


def cancel(group: Any) -> Refresh:
    """Replace no more."""
    active = _active(group)
    if active is None:
        msg = "No in progress or pending Instance Refresh found for the group."
        raise AutoscalingClientError(_NONE_ACTIVE, msg)
    active.status, active.ended = "Cancelled", clock.now()
    return active


def advance(group: Any) -> None:
    """Replace the next instance when all others work."""
    active = _active(group)
    if active is None:
        return
    present = staying(group)
    active.outdated &= {member.instance_id for member in present}
    working = in_service(group)
    if len(working) < len(present) or len(present) < (group.desired_capacity or 0):
        return
    if not active.outdated:
        active.status, active.ended = "Successful", clock.now()
        return
    oldest = next(member for member in working if member.instance_id in active.outdated)
    terminate(group, oldest, "an instance was replaced in response to an instance refresh.")


def _active(group: Any) -> Refresh | None:
    return next((each for each in of(group) if each.status == "InProgress"), None)
