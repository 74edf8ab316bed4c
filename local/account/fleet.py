"""Auto Scaling over time: launching, holding in hooks, replacing and terminating instances.

moto keeps the groups and their members; this decides who is a member. `tick` is called by
the ticker and after every request that can change something; it never sleeps.

Kept simple: an instance that was never in service leaves without its terminating hooks, and
one that EC2 terminated (by a user or a spot interruption) leaves at once.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from moto.autoscaling.models import ASG_NAME_TAG, InstanceState, autoscaling_backends

from local.account import clock, elbv2, pools
from local.account.environment import ACCOUNT_ID
from local.account.graft import attached
from local.account.lifecycle import ABANDON, CONTINUE, LAUNCHING, TERMINATING, Action, Hook

log = logging.getLogger(__name__)

RETRY_AFTER: Final = 5.0
"""Seconds between attempts to launch when no pool had room."""

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


def _suspended(group: Any, process: str) -> bool:
    return any(entry["ProcessName"] == process for entry in group.suspended_processes)


# Activities


def _record(group: Any, description: str, cause: str, status: str) -> dict[str, Any]:
    activity = {
        "ActivityId": str(uuid.uuid4()),
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        "Description": description,
        "Cause": f"At {clock.timestamp(clock.now())} {cause}",
        "StartTime": clock.moment(),
        "EndTime": None,
        "StatusCode": status,
        "StatusMessage": None,
        "Progress": 0,
        "Details": "{}",
    }
    kept = notes(group).activities
    kept.insert(0, activity)
    del kept[ACTIVITIES_KEPT:]
    return activity


def _finish(activity: dict[str, Any], status: str, message: str | None = None) -> None:
    if activity:
        activity.update(
            StatusCode=status, StatusMessage=message, EndTime=clock.moment(), Progress=100
        )


# In


def launch(group: Any) -> Any:
    """Launch one instance, or record why not and return None."""
    slot = pools.choose(group, staying(group))
    types = ", ".join(pools.instance_types(group))
    if slot is None:
        message = (
            "Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity "
            f"due to your request configuration: no capacity for {types}. "
            "Launching EC2 instance failed."
        )
        _record_failure(group, message)
        return None
    instance = _run(group, slot)
    member = InstanceState(
        instance,
        lifecycle_state="Pending",
        protected_from_scale_in=group.new_instances_protected_from_scale_in,
    )
    own = member_notes(member)
    if group.ec2_launch_template is not None:
        version = group.ec2_launch_template.get_version(group.launch_template_version)
        own.version = str(version.number)
    own.activity = _record(
        group,
        f"Launching a new EC2 instance: {instance.id}",
        "an instance was started in response to a difference between desired and actual capacity.",
        "InProgress",
    )
    notes(group).last_failure = ""
    group.instance_states.append(member)
    log.info("%s: launched %s (%s %s)", group.name, instance.id, slot.market, slot.instance_type)
    own.actions = [Action(hook) for hook in _hooks(group, LAUNCHING)]
    if own.actions:
        member.lifecycle_state = "Pending:Wait"
        own.activity["StatusCode"] = "MidLifecycleAction"
    else:
        _enter_service(group, member)
    return member


def _record_failure(group: Any, message: str) -> None:
    own = notes(group)
    own.retry_at = clock.now() + RETRY_AFTER
    if own.last_failure == message:
        return
    own.last_failure = message
    cause = "an instance was started in response to a difference between desired and actual."
    activity = _record(group, "Launching a new EC2 instance.  Status Reason: " + message, cause, "")
    _finish(activity, "Failed", message)
    log.info("%s: %s", group.name, message)


def _run(group: Any, slot: pools.Slot) -> Any:
    template = group.ec2_launch_template
    arguments: dict[str, Any] = {}
    image_id, user_data, security_groups = group.image_id, group.user_data, group.security_groups
    if template is not None:
        version = template.get_version(group.launch_template_version)
        arguments["launch_template"] = {
            "LaunchTemplateId": template.id,
            "Version": str(version.number),
        }
    else:
        arguments["launch_config"] = group.launch_config
        arguments["associate_public_ip"] = group.launch_config.associate_public_ip_address
    tags = {**group.instance_tags, **group.get_propagated_tags(), ASG_NAME_TAG: group.name}
    reservation = group.ec2_backend.run_instances(
        image_id,
        1,
        user_data,
        security_groups,
        instance_type=slot.instance_type,
        is_instance_type_default=False,
        region_name=group.region,
        placement=slot.zone,
        subnet_id=slot.subnet_id,
        tags={"instance": tags},
        lifecycle=pools.SPOT if slot.market == pools.SPOT else None,
        **arguments,
    )
    instance = reservation.instances[0]
    instance.autoscaling_group = group
    return instance


def _enter_service(group: Any, member: Any) -> None:
    own = member_notes(member)
    own.actions = []
    own.in_service_at = clock.now()
    member.lifecycle_state = "InService"
    _finish(own.activity, "Successful")
    if not _suspended(group, "AddToLoadBalancer"):
        for arn in group.target_group_arns:
            elbv2.register(arn, member.instance_id)
    log.info("%s: %s is in service", group.name, member.instance_id)


# Out


def terminate(group: Any, member: Any, cause: str, *, force: bool = False) -> dict[str, Any]:
    """Take a member out, through its hooks unless forced or never in service."""
    own = member_notes(member)
    if leaving(member) and not force:
        return own.activity
    was_in_service = own.in_service_at > 0
    if not was_in_service:
        _finish(own.activity, "Cancelled")
    for arn in group.target_group_arns:
        elbv2.deregister(arn, member.instance_id)
    own.activity = _record(
        group, f"Terminating EC2 instance: {member.instance_id}", cause, "InProgress"
    )
    hooks = _hooks(group, TERMINATING) if was_in_service and not force else []
    own.actions = [Action(hook) for hook in hooks]
    if own.actions:
        member.lifecycle_state = "Terminating:Wait"
        own.activity["StatusCode"] = "MidLifecycleAction"
        log.info("%s: %s waits to terminate: %s", group.name, member.instance_id, cause)
    else:
        _gone(group, member)
    return own.activity


def _gone(group: Any, member: Any) -> None:
    """Terminate in EC2 and strike off the list."""
    activity = member_notes(member).activity
    group.instance_states = [each for each in group.instance_states if each is not member]
    if member.instance.state not in ("terminated", "shutting-down"):
        group.ec2_backend.terminate_instances([member.instance_id])
    _finish(activity, "Successful")
    log.info("%s: %s is terminated", group.name, member.instance_id)


def _hooks(group: Any, transition: str) -> list[Hook]:
    return [hook for hook in notes(group).hooks.values() if hook.transition == transition]


# Hooks


def complete(group: Any, member: Any, action: Action, result: str) -> None:
    """End one action; the last one to end moves the instance on."""
    own = member_notes(member)
    if action not in own.actions:
        return
    own.actions.remove(action)
    if action.hook.transition == LAUNCHING:
        if result != CONTINUE:
            cause = f"lifecycle hook {action.hook.name} was abandoned."
            terminate(group, member, cause)
        elif not own.actions:
            _enter_service(group, member)
    elif result == ABANDON or not own.actions:
        own.actions = []
        _gone(group, member)


# Over time


def set_desired(group: Any, desired: int | None) -> None:
    """Set what a group should hold and start to get there."""
    group.desired_capacity = (group.min_size or 0) if desired is None else int(desired)
    notes(group).retry_at = 0.0
    balance(group)


def balance(group: Any) -> None:
    """Launch what is missing and terminate what is too much."""
    present = staying(group)
    at_risk = [member for member in present if member_notes(member).at_risk]
    wanted = int(group.desired_capacity or 0) + len(at_risk)
    if len(present) < wanted:
        if _suspended(group, "Launch") or clock.now() < notes(group).retry_at:
            return
        for _ in range(wanted - len(present)):
            if launch(group) is None:
                return
    elif len(present) > wanted and not _suspended(group, "Terminate"):
        for member in _scale_in_order(group, present)[: len(present) - wanted]:
            terminate(
                group,
                member,
                "an instance was taken out of service in response to a difference between "
                "desired and actual capacity.",
            )


def _scale_in_order(group: Any, present: list[Any]) -> list[Any]:
    """Who goes first: at risk, not yet in service, of an old template, launched first."""
    current = ""
    if group.ec2_launch_template is not None:
        version = group.ec2_launch_template.get_version(group.launch_template_version)
        current = str(version.number)
    free = [member for member in present if not member.protected_from_scale_in]
    return sorted(
        free,
        key=lambda member: (
            not member_notes(member).at_risk,
            member.lifecycle_state == "InService",
            member_notes(member).version == current,
            member.instance.launch_time,
        ),
    )


def tick() -> None:
    """Do everything that is due."""
    for group in groups():
        _drop_dead(group)
        _expire_actions(group)
        _check_balancer_health(group)
        _replace_unhealthy(group)
        _retire_at_risk(group)
        balance(group)


def _drop_dead(group: Any) -> None:
    for member in list(group.instance_states):
        state = member.instance.state
        if state == "running":
            continue
        cause = f"an EC2 health check indicated it has been {state}."
        if state == "terminated":
            for arn in group.target_group_arns:
                elbv2.deregister(arn, member.instance_id)
            own = member_notes(member)
            description = f"Terminating EC2 instance: {member.instance_id}"
            own.activity = _record(group, description, cause, "InProgress")
            _gone(group, member)
        elif not _suspended(group, "HealthCheck"):
            member.health_status = "Unhealthy"


def _expire_actions(group: Any) -> None:
    for member in list(group.instance_states):
        for action in list(member_notes(member).actions):
            if action.expired:
                log.info(
                    "%s: %s: hook %s timed out after %s s",
                    group.name,
                    member.instance_id,
                    action.hook.name,
                    action.hook.timeout,
                )
                complete(group, member, action, action.hook.result)


def _check_balancer_health(group: Any) -> None:
    if "ELB" not in (group.health_check_type or "") or _suspended(group, "HealthCheck"):
        return
    grace = float(group.health_check_grace_period or 0)
    for member in in_service(group):
        if clock.now() < member_notes(member).in_service_at + grace:
            continue
        states = [elbv2.health_of(arn, member.instance_id) for arn in group.target_group_arns]
        if "unhealthy" in states:
            member.health_status = "Unhealthy"


def _replace_unhealthy(group: Any) -> None:
    if _suspended(group, "ReplaceUnhealthy") or _suspended(group, "Terminate"):
        return
    for member in staying(group):
        if member.health_status == "Unhealthy":
            terminate(
                group,
                member,
                "an instance was taken out of service in response to a health check failure.",
            )


def mark_at_risk(instance_id: str) -> None:
    """Spot said that an instance may go: with capacity rebalancing, find another first."""
    found = find(instance_id)
    if found and found[0].capacity_rebalance and not leaving(found[1]):
        member_notes(found[1]).at_risk = True


def _retire_at_risk(group: Any) -> None:
    spare = [member for member in in_service(group) if not member_notes(member).at_risk]
    at_risk = [member for member in staying(group) if member_notes(member).at_risk]
    too_many = len(spare) + len(at_risk) - int(group.desired_capacity or 0)
    for member in at_risk[: max(0, too_many)]:
        terminate(group, member, "an instance was rebalanced: its replacement is in service.")
