"""Auto Scaling's API of activities, instance refreshes and policies."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from local.account import members, refresh, upkeep
from local.account.autoscaling import group_of
from local.account.graft import Grafts

grafts = Grafts()


@grafts.replaces(AutoScalingResponse)
def describe_scaling_activities(self: Any) -> Any:
    """DescribeScalingActivities, newest first."""
    name = self._get_param("AutoScalingGroupName")
    ids = self._get_param("ActivityIds", [])
    found = [
        activity
        for group in self.autoscaling_backend.autoscaling_groups.values()
        if not name or group.name == name
        for activity in members.notes(group).activities
        if not ids or activity["ActivityId"] in ids
    ]
    start = int(self._get_param("NextToken") or 0)
    end = start + int(self._get_param("MaxRecords") or 100)
    more = str(end) if end < len(found) else None
    return ActionResult({"Activities": found[start:end], "NextToken": more})


@grafts.replaces(AutoScalingResponse)
def describe_policies(self: Any) -> Any:
    """DescribePolicies: enabled, and without an empty predictive configuration."""
    result = grafts.original(AutoScalingResponse, "describe_policies")(self)
    for policy in result.result["ScalingPolicies"]:
        policy.enabled = True
        policy.predictive_scaling_configuration = policy.predictive_scaling_configuration or None
    return result


@grafts.adds(AutoScalingResponse)
def start_instance_refresh(self: Any) -> Any:
    """StartInstanceRefresh: one instance at a time, through the hooks."""
    group = group_of(self)
    started = refresh.start(group)
    upkeep.tick()
    return ActionResult({"InstanceRefreshId": started.id})


@grafts.adds(AutoScalingResponse)
def describe_instance_refreshes(self: Any) -> Any:
    """DescribeInstanceRefreshes, newest first."""
    ids = self._get_param("InstanceRefreshIds", [])
    found = [each.describe() for each in refresh.of(group_of(self))]
    kept = [each for each in found if not ids or each["InstanceRefreshId"] in ids]
    return ActionResult({"InstanceRefreshes": kept})


@grafts.adds(AutoScalingResponse)
def cancel_instance_refresh(self: Any) -> Any:
    """CancelInstanceRefresh: what is replaced stays replaced."""
    return ActionResult({"InstanceRefreshId": refresh.cancel(group_of(self)).id})


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
