"""Lifecycle hooks: what holds an instance on its way into or out of a group.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from local.account import clock

LAUNCHING: Final = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING: Final = "autoscaling:EC2_INSTANCE_TERMINATING"
CONTINUE: Final = "CONTINUE"
ABANDON: Final = "ABANDON"

LONGEST_WAIT: Final = 172_800
"""Seconds that heartbeats can hold an instance altogether; also at most 100 timeouts."""


@dataclass(frozen=True)
class Hook:
    """One hook of one group, as it was given."""

    name: str
    group: str
    transition: str
    timeout: int = 3600
    result: str = ABANDON
    target_arn: str | None = None
    role_arn: str | None = None
    metadata: str | None = None

    @classmethod
    def from_request(cls, group: str, request: Mapping[str, Any]) -> Hook:
        """Read PutLifecycleHook's parameters, or one entry of CreateAutoScalingGroup's list."""
        return cls(
            name=request["LifecycleHookName"],
            group=group,
            transition=request["LifecycleTransition"],
            timeout=int(request.get("HeartbeatTimeout") or 3600),
            result=request.get("DefaultResult") or ABANDON,
            target_arn=request.get("NotificationTargetARN") or None,
            role_arn=request.get("RoleARN") or None,
            metadata=request.get("NotificationMetadata") or None,
        )

    @property
    def longest(self) -> int:
        """Seconds after which not even heartbeats hold an instance."""
        return min(LONGEST_WAIT, 100 * self.timeout)

    def describe(self) -> dict[str, Any]:
        """DescribeLifecycleHooks' entry."""
        return {
            "LifecycleHookName": self.name,
            "AutoScalingGroupName": self.group,
            "LifecycleTransition": self.transition,
            "HeartbeatTimeout": self.timeout,
            "GlobalTimeout": self.longest,
            "DefaultResult": self.result,
            "NotificationTargetARN": self.target_arn,
            "RoleARN": self.role_arn,
            "NotificationMetadata": self.metadata,
        }


@dataclass
class Action:
    """One hook holding one instance until it is completed or its time is up."""

    hook: Hook
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: float = field(default_factory=clock.now)
    deadline: float = 0.0

    def __post_init__(self) -> None:
        self.heartbeat()

    def heartbeat(self) -> None:
        """Start the timeout again."""
        latest = self.started + self.hook.longest
        self.deadline = min(clock.now() + self.hook.timeout, latest)

    def matches(self, hook: str, token: str | None) -> bool:
        """Whether a caller means this action. The token is optional, as in the API."""
        return self.hook.name == hook and token in (None, "", self.token)

    @property
    def expired(self) -> bool:
        """Whether nobody completed it in time."""
        return clock.now() >= self.deadline
