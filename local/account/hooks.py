"""Auto Scaling's API of lifecycle hooks."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from local.account import fleet, members, upkeep
from local.account.autoscaling import group_of
from local.account.graft import Grafts
from local.account.lifecycle import ABANDON, CONTINUE, LAUNCHING, TERMINATING, Action, Hook

grafts = Grafts()


@grafts.replaces(AutoScalingResponse)
def put_lifecycle_hook(self: Any) -> Any:
    """PutLifecycleHook; changing one keeps what is not named."""
    group = group_of(self)
    name = self._get_param("LifecycleHookName")
    known = members.notes(group).hooks.get(name)
    given = {
        key: self._get_param(key)
        for key in (
            "LifecycleHookName",
            "LifecycleTransition",
            "HeartbeatTimeout",
            "DefaultResult",
            "NotificationTargetARN",
            "RoleARN",
            "NotificationMetadata",
        )
    }
    before = known.describe() if known else {}
    merged = {key: before.get(key) if value is None else value for key, value in given.items()}
    if merged["LifecycleTransition"] not in (LAUNCHING, TERMINATING):
        msg = f"LifecycleTransition must be {LAUNCHING} or {TERMINATING}"
        raise ValidationError(msg)
    members.notes(group).hooks[name] = Hook.from_request(group.name, merged)
    return EmptyResult()


@grafts.replaces(AutoScalingResponse)
def describe_lifecycle_hooks(self: Any) -> Any:
    """DescribeLifecycleHooks, exactly as given."""
    names = self._get_param("LifecycleHookNames", [])
    hooks = members.notes(group_of(self)).hooks.values()
    found = [hook.describe() for hook in hooks if not names or hook.name in names]
    return ActionResult({"LifecycleHooks": found})


@grafts.replaces(AutoScalingResponse)
def delete_lifecycle_hook(self: Any) -> Any:
    """DeleteLifecycleHook: what it holds goes on with CONTINUE, as in AWS."""
    group = group_of(self)
    hook = members.notes(group).hooks.pop(self._get_param("LifecycleHookName"), None)
    for member in list(group.instance_states):
        for action in list(members.member_notes(member).actions):
            if action.hook is hook:
                fleet.complete(group, member, action, CONTINUE)
    return EmptyResult()


def _action(response: Any) -> tuple[Any, Any, Action]:
    group = group_of(response)
    hook = response._get_param("LifecycleHookName")
    token = response._get_param("LifecycleActionToken")
    instance_id = response._get_param("InstanceId")
    for member in group.instance_states:
        if instance_id not in (None, "", member.instance_id):
            continue
        for action in members.member_notes(member).actions:
            if action.matches(hook, token):
                return group, member, action
    msg = f"No active Lifecycle Action found with instance ID {instance_id} or the token given"
    raise ValidationError(msg)


@grafts.adds(AutoScalingResponse)
def complete_lifecycle_action(self: Any) -> Any:
    """CompleteLifecycleAction."""
    result = self._get_param("LifecycleActionResult")
    if result not in (CONTINUE, ABANDON):
        msg = f"LifecycleActionResult must be {CONTINUE} or {ABANDON}, not {result}"
        raise ValidationError(msg)
    fleet.complete(*_action(self), result)
    upkeep.tick()
    return EmptyResult()


@grafts.adds(AutoScalingResponse)
def record_lifecycle_action_heartbeat(self: Any) -> Any:
    """RecordLifecycleActionHeartbeat."""
    _, _, action = _action(self)
    action.heartbeat()
    return EmptyResult()


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
