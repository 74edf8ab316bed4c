"""What Auto Scaling does over time: keep groups at their size and replace what is not well.

`tick` runs a few times a second and after every request that can change something. It never
sleeps: deadlines are compared with the account's clock.
"""

from __future__ import annotations

import logging
from typing import Any

from local.account import clock, elbv2, pools, refresh
from local.account.fleet import complete, launch, strike, terminate
from local.account.members import (
    find,
    groups,
    in_service,
    leaving,
    member_notes,
    notes,
    staying,
    suspended,
)

log = logging.getLogger(__name__)


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
        if suspended(group, "Launch") or clock.now() < notes(group).retry_at:
            return
        for _ in range(wanted - len(present)):
            if launch(group) is None:
                return
    elif len(present) > wanted and not suspended(group, "Terminate"):
        for _ in range(len(present) - wanted):
            leaver = _first_to_leave(group, staying(group))
            if leaver is None:
                return
            terminate(
                group,
                leaver,
                "an instance was taken out of service in response to a difference between "
                "desired and actual capacity.",
            )


def _first_to_leave(group: Any, present: list[Any]) -> Any:
    """At risk, then of the surplus market, not yet in service, of an old template, oldest."""
    current = ""
    if group.ec2_launch_template is not None:
        version = group.ec2_launch_template.get_version(group.launch_template_version)
        current = str(version.number)
    surplus = pools.surplus_market(group, present)
    return min(
        (member for member in present if not member.protected_from_scale_in),
        key=lambda member: (
            not member_notes(member).at_risk,
            pools.market_of(member.instance) != surplus,
            member.lifecycle_state == "InService",
            member_notes(member).version == current,
            member.instance.launch_time,
        ),
        default=None,
    )


def tick() -> None:
    """Do everything that is due."""
    for group in groups():
        _drop_dead(group)
        _expire_actions(group)
        _check_balancer_health(group)
        _replace_unhealthy(group)
        _retire_at_risk(group)
        refresh.advance(group)
        balance(group)


def _drop_dead(group: Any) -> None:
    for member in list(group.instance_states):
        state = member.instance.state
        if state == "running":
            continue
        cause = f"an EC2 health check indicated it has been {state}."
        if state == "terminated":
            strike(group, member, cause)
        elif not suspended(group, "HealthCheck"):
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
    if "ELB" not in (group.health_check_type or "") or suspended(group, "HealthCheck"):
        return
    grace = float(group.health_check_grace_period or 0)
    for member in in_service(group):
        if clock.now() < member_notes(member).in_service_at + grace:
            continue
        states = [elbv2.health_of(arn, member.instance_id) for arn in group.target_group_arns]
        if "unhealthy" in states:
            member.health_status = "Unhealthy"


def _replace_unhealthy(group: Any) -> None:
    if suspended(group, "ReplaceUnhealthy") or suspended(group, "Terminate"):
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
