"""Load balancers: health as the local cloud's balancer reports it, and draining."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from moto.elbv2 import models
from moto.elbv2.exceptions import TargetGroupNotFoundError

from local.account import clock
from local.account.environment import ACCOUNT_ID
from local.account.graft import Grafts, attached

grafts = Grafts()

STATES: Final = {
    "initial": ("Elb.RegistrationInProgress", "Target registration is in progress"),
    "healthy": (None, None),
    "unhealthy": ("Target.FailedHealthChecks", "Health checks failed"),
    "draining": (
        "Target.DeregistrationInProgress",
        "Target deregistration is in progress",
    ),
    "unused": ("Target.NotRegistered", "Target is not registered to the target group"),
}


@dataclass
class Reported:
    """A target group's health as reported, and the targets that are leaving it."""

    health: dict[str, str] = field(default_factory=dict)
    draining: dict[str, tuple[dict[str, Any], float]] = field(default_factory=dict)


def report(health: dict[str, dict[str, str]]) -> None:
    """Take over what the balancer sees: target group ARN -> target id -> state."""
    for arn, targets in health.items():
        for target, state in targets.items():
            if state not in STATES:
                msg = f"{arn}: {target} = {state}: give one of {', '.join(sorted(STATES))}"
                raise ValueError(msg)
        group = _target_group(arn)
        if group is not None:
            attached(group, Reported).health.update(targets)


def health_of(arn: str, target_id: str) -> str:
    """The state of one target."""
    group = _target_group(arn)
    if group is None:
        return "unused"
    notes = attached(group, Reported)
    if target_id in group.targets:
        return notes.health.get(target_id, "initial")
    leaving = notes.draining.get(target_id)
    return "draining" if leaving and clock.now() < leaving[1] else "unused"


def register(arn: str, target_id: str) -> None:
    """Add an instance to a target group, if the group still exists."""
    group = _target_group(arn)
    if group is not None and target_id not in group.targets:
        group.register([{"Id": target_id, "Port": group.port}])


def deregister(arn: str, target_id: str) -> None:
    """Begin to take a target out; connections drain for the group's delay."""
    group = _target_group(arn)
    if group is not None and target_id in group.targets:
        group.deregister([{"Id": target_id}])


def forget(target_id: str) -> None:
    """Drop a target everywhere: its machine is gone, nothing is left to drain."""
    for backend in models.elbv2_backends[ACCOUNT_ID].values():
        for group in backend.target_groups.values():
            group.targets.pop(target_id, None)
            attached(group, Reported).draining.pop(target_id, None)
            attached(group, Reported).health.pop(target_id, None)


def _target_group(arn: str) -> Any:
    for backend in models.elbv2_backends[ACCOUNT_ID].values():
        if arn in backend.target_groups:
            return backend.target_groups[arn]
    return None


@grafts.replaces(models.FakeTargetGroup, "register")
def _register(self: Any, targets: list[dict[str, Any]]) -> None:
    """A target that comes back starts anew."""
    notes = attached(self, Reported)
    for target in targets:
        if target["Id"] not in self.targets:
            notes.health.pop(target["Id"], None)
        notes.draining.pop(target["Id"], None)
    grafts.original(models.FakeTargetGroup, "register")(self, targets)


@grafts.replaces(models.FakeTargetGroup, "deregister")
def _deregister(self: Any, targets: list[dict[str, Any]]) -> None:
    """DeregisterTargets: listed as draining for the deregistration delay."""
    notes = attached(self, Reported)
    delay = float(self.attributes.get("deregistration_delay.timeout_seconds") or 0)
    for target in targets:
        known = self.targets.get(target["Id"])
        if known is not None:
            notes.draining[target["Id"]] = (known, clock.now() + delay)
    grafts.original(models.FakeTargetGroup, "deregister")(self, targets)


@grafts.replaces(models.ELBv2Backend)
def describe_target_health(
    self: Any, target_group_arn: str, targets: list[dict[str, Any]]
) -> list[Any]:
    """DescribeTargetHealth, of the named targets or of all, those that drain included."""
    group = self.target_groups.get(target_group_arn)
    if group is None:
        raise TargetGroupNotFoundError
    if not targets:
        leaving = attached(group, Reported).draining.values()
        now = clock.now()
        draining = [target for target, until in leaving if now < until]
        targets = [*group.targets.values(), *draining]
    found = []
    for target in targets:
        state = health_of(target_group_arn, target["Id"])
        reason, description = STATES[state]
        known = group.targets.get(target["Id"], target)
        port = target.get("Port") or known.get("Port") or group.port
        check_port = group.health_check_port
        if check_port == "traffic-port":
            check_port = str(port)
        found.append(
            models.FakeHealthStatus(target["Id"], port, check_port, state, reason, description)
        )
    return found


@grafts.replaces(models.ELBv2Backend)
def create_load_balancer(self: Any, *args: Any, **kwargs: Any) -> Any:
    """CreateLoadBalancer: active at once; a network load balancer has its own kind of ARN."""
    balancer = grafts.original(models.ELBv2Backend, "create_load_balancer")(self, *args, **kwargs)
    balancer.activate()
    if balancer.type == "network":
        tags = self.tagging_service.get_tag_dict_for_resource(balancer.arn)
        self.tagging_service.delete_all_tags_for_resource(balancer.arn)
        del self.load_balancers[balancer.arn]
        balancer.arn = balancer.arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
        self.load_balancers[balancer.arn] = balancer
        named = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.tagging_service.tag_resource(balancer.arn, named)
    return balancer


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
