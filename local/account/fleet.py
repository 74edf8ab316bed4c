"""One instance's way into a group and out of it.

Kept simple: an instance that was never in service leaves without its terminating hooks, and
one that EC2 terminated (by a user or a spot interruption) leaves at once.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from moto.autoscaling.models import ASG_NAME_TAG, InstanceState
from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

from local.account import announce, clock, elbv2, pools
from local.account.lifecycle import ABANDON, CONTINUE, LAUNCHING, TERMINATING, Action, Hook
from local.account.members import finish, leaving, member_notes, notes, record, staying, suspended

log = logging.getLogger(__name__)

RETRY_AFTER: Final = 5.0
"""Seconds between attempts to launch when no pool had room."""


# In


def launch(group: Any) -> Any:
    """Launch one instance, or record why not and return None."""
    present = staying(group)
    slot = pools.choose(group, present)
    if slot is None:
        market = pools.next_market(group, present).title()
        types = ", ".join(pools.instance_types(group))
        _record_failure(
            group,
            f"Could not launch {market} Instances. UnfulfillableCapacity - "
            f"no capacity for {types}.",
        )
        return None
    try:
        instance = _run(group, slot)
    except (ServiceException, HTTPException) as refusal:
        _record_failure(group, f"{refusal}.")
        return None
    member = InstanceState(
        instance,
        lifecycle_state="Pending",
        protected_from_scale_in=group.new_instances_protected_from_scale_in,
    )
    own = member_notes(member)
    if group.ec2_launch_template is not None:
        version = group.ec2_launch_template.get_version(group.launch_template_version)
        own.version = str(version.number)
    own.activity = record(
        group,
        f"Launching a new EC2 instance: {instance.id}",
        "an instance was started in response to a difference between desired and actual capacity.",
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
    message += " Launching EC2 instance failed."
    own = notes(group)
    own.retry_at = clock.now() + RETRY_AFTER
    if own.last_failure == message:
        return
    own.last_failure = message
    cause = "an instance was started in response to a difference between desired and actual."
    activity = record(group, "Launching a new EC2 instance.  Status Reason: " + message, cause)
    finish(activity, "Failed", message)
    announce.of_group(group, announce.NOT_LAUNCHED, StatusMessage=message)
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
    finish(own.activity, "Successful")
    announce.of_group(group, announce.LAUNCHED, member.instance_id)
    if not suspended(group, "AddToLoadBalancer"):
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
        finish(own.activity, "Cancelled")
    for arn in group.target_group_arns:
        elbv2.deregister(arn, member.instance_id)
    own.activity = record(group, f"Terminating EC2 instance: {member.instance_id}", cause)
    hooks = _hooks(group, TERMINATING) if was_in_service and not force else []
    own.actions = [Action(hook) for hook in hooks]
    if own.actions:
        member.lifecycle_state = "Terminating:Wait"
        own.activity["StatusCode"] = "MidLifecycleAction"
        for action in own.actions:
            announce.of_group(
                group,
                announce.LEAVING,
                member.instance_id,
                LifecycleHookName=action.hook.name,
                LifecycleActionToken=action.token,
                LifecycleTransition=action.hook.transition,
            )
        log.info("%s: %s waits to terminate: %s", group.name, member.instance_id, cause)
    else:
        gone(group, member)
    return own.activity


def gone(group: Any, member: Any) -> None:
    """Terminate in EC2 and strike off the list."""
    activity = member_notes(member).activity
    group.instance_states = [each for each in group.instance_states if each is not member]
    if member.instance.state not in ("terminated", "shutting-down"):
        group.ec2_backend.terminate_instances([member.instance_id])
    finish(activity, "Successful")
    announce.of_group(group, announce.TERMINATED, member.instance_id)
    log.info("%s: %s is terminated", group.name, member.instance_id)


def strike(group: Any, member: Any, cause: str) -> None:
    """Strike off a member that EC2 terminated by itself."""
    description = f"Terminating EC2 instance: {member.instance_id}"
    member_notes(member).activity = record(group, description, cause)
    gone(group, member)


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
        gone(group, member)
