"""Groups and their members: what is noted about them, and who is where in life."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from moto.autoscaling.models import autoscaling_backends

from local.account import clock
from local.account.environment import ACCOUNT_ID
from local.account.graft import attached
from local.account.lifecycle import Action, Hook

ACTIVITIES_KEPT: Final = 200


@dataclass
class GroupNotes:
    """What a group carries besides what moto knows of it."""

    hooks: dict[str, Hook] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    retry_at: float = 0.0
    last_failure: str = ""


@dataclass
class MemberNotes:
    """What a member carries besides moto's state of it."""

    actions: list[Action] = field(default_factory=list)
    activity: dict[str, Any] = field(default_factory=dict)
    version: str = ""
    at_risk: bool = False
    in_service_at: float = 0.0


def notes(group: Any) -> GroupNotes:
    """A group's notes."""
    return attached(group, GroupNotes)


def member_notes(member: Any) -> MemberNotes:
    """A member's notes."""
    return attached(member, MemberNotes)


def groups() -> Iterator[Any]:
    """Every group of every region."""
    for backend in list(autoscaling_backends[ACCOUNT_ID].values()):
        yield from list(backend.autoscaling_groups.values())


def find(instance_id: str) -> tuple[Any, Any] | None:
    """The group and the member of an instance."""
    for group in groups():
        for member in group.instance_states:
            if member.instance_id == instance_id:
                return group, member
    return None


def leaving(member: Any) -> bool:
    """Whether a member is on its way out."""
    return bool(member.lifecycle_state.startswith("Terminating"))


def staying(group: Any) -> list[Any]:
    """The members that count towards the desired capacity."""
    return [
        member
        for member in group.instance_states
        if not leaving(member) and member.lifecycle_state != "Standby"
    ]


def in_service(group: Any) -> list[Any]:
    """The members that work."""
    return [member for member in group.instance_states if member.lifecycle_state == "InService"]


def suspended(group: Any, process: str) -> bool:
    """Whether somebody stopped one of a group's processes."""
    return any(entry["ProcessName"] == process for entry in group.suspended_processes)


# Activities


def record(group: Any, description: str, cause: str) -> dict[str, Any]:
    """Begin a scaling activity."""
    activity = {
        "ActivityId": str(uuid.uuid4()),
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        "Description": description,
        "Cause": f"At {clock.timestamp(clock.now())} {cause}",
        "StartTime": clock.moment(),
        "EndTime": None,
        "StatusCode": "InProgress",
        "StatusMessage": None,
        "Progress": 0,
        "Details": "{}",
    }
    kept = notes(group).activities
    kept.insert(0, activity)
    del kept[ACTIVITIES_KEPT:]
    return activity


def finish(activity: dict[str, Any], status: str, message: str | None = None) -> None:
    """End a scaling activity, if there is one."""
    if activity:
        activity.update(
            StatusCode=status, StatusMessage=message, EndTime=clock.moment(), Progress=100
        )
