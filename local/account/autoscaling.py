"""Auto Scaling's groups and their instances, as the API gives and shows them."""

from __future__ import annotations

from typing import Any, Final

from botocore import xform_name
from moto.autoscaling import models
from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from local.account import elbv2, fleet, members, upkeep
from local.account.graft import Grafts
from local.account.lifecycle import Hook

grafts = Grafts()

_EXISTS: Final = "AlreadyExists"
_IN_USE: Final = "ResourceInUse"
_OPTIONS: Final = ("DefaultInstanceWarmup", "MaxInstanceLifetime", "InstanceMaintenancePolicy")


def group_of(response: Any) -> Any:
    """The group that a request names."""
    wanted = response._get_param("AutoScalingGroupName")
    group = response.autoscaling_backend.autoscaling_groups.get(wanted)
    if group is None:
        msg = f"AutoScalingGroup name not found - no such group: {wanted}"
        raise ValidationError(msg)
    return group


def _member(response: Any, instance_id: str) -> tuple[Any, Any]:
    for group in response.autoscaling_backend.autoscaling_groups.values():
        for member in group.instance_states:
            if member.instance_id == instance_id:
                return group, member
    msg = f"Instance Id not found - No managed instance found for instance ID: {instance_id}"
    raise ValidationError(msg)


# Groups


def _keep_options(response: Any, group: Any) -> None:
    options = members.notes(group).options
    for name in _OPTIONS:
        value = response._get_param(name)
        if value is not None:
            options[name] = value
    # -1 is how the API is told to forget the maintenance policy.
    policy = options.get("InstanceMaintenancePolicy") or {}
    if policy.get("MinHealthyPercentage") == -1:
        options.pop("InstanceMaintenancePolicy")


@grafts.replaces(AutoScalingResponse)
def create_auto_scaling_group(self: Any) -> Any:
    """CreateAutoScalingGroup: hooks given with it hold its first instances already."""
    name = self._get_param("AutoScalingGroupName")
    if name in self.autoscaling_backend.autoscaling_groups:
        msg = f"AutoScalingGroup by this name already exists - {name}"
        raise AutoscalingClientError(_EXISTS, msg)
    grafts.original(AutoScalingResponse, "create_auto_scaling_group")(self)
    group = group_of(self)
    _keep_options(self, group)
    for entry in self._get_param("LifecycleHookSpecificationList", []):
        hook = Hook.from_request(group.name, entry)
        members.notes(group).hooks[hook.name] = hook
    upkeep.balance(group)
    return EmptyResult()


@grafts.replaces(AutoScalingResponse)
def update_auto_scaling_group(self: Any) -> Any:
    """UpdateAutoScalingGroup: what is not named stays as it is."""
    group = group_of(self)
    get = self._get_param
    group._set_azs_and_vpcs(get("AvailabilityZones", []), get("VPCZoneIdentifier"), update=True)
    template, policy = get("LaunchTemplate") or {}, get("MixedInstancesPolicy")
    if policy and "LaunchTemplate" not in policy and group.mixed_instances_policy:
        # What a policy does not name stays: here the template and the types.
        known = group.mixed_instances_policy.setdefault("InstancesDistribution", {})
        known.update(policy.get("InstancesDistribution") or {})
        policy = None
    if template or policy or get("LaunchConfigurationName"):
        group.mixed_instances_policy = policy
        group._set_launch_configuration(get("LaunchConfigurationName"), template, policy)
    for parameter, attribute in {
        "MinSize": "min_size",
        "MaxSize": "max_size",
        "DefaultCooldown": "default_cooldown",
        "HealthCheckGracePeriod": "health_check_grace_period",
        "HealthCheckType": "health_check_type",
        "PlacementGroup": "placement_group",
        "TerminationPolicies": "termination_policies",
        "NewInstancesProtectedFromScaleIn": "new_instances_protected_from_scale_in",
        "CapacityRebalance": "capacity_rebalance",
    }.items():
        if get(parameter) is not None:
            setattr(group, attribute, get(parameter))
    _keep_options(self, group)
    desired = get("DesiredCapacity")
    if desired is None:
        desired = min(max(group.desired_capacity, group.min_size), group.max_size)
    _check_desired(group, desired)
    upkeep.set_desired(group, desired)
    return EmptyResult()


def _check_desired(group: Any, desired: int) -> None:
    for beyond, side, bound in (
        (desired > group.max_size, "above max", group.max_size),
        (desired < group.min_size, "below min", group.min_size),
    ):
        if beyond:
            msg = f"New SetDesiredCapacity value {desired} is {side} value {bound} for the group."
            raise ValidationError(msg)


@grafts.replaces(AutoScalingResponse)
def set_desired_capacity(self: Any) -> Any:
    """SetDesiredCapacity, within the group's bounds."""
    group = group_of(self)
    desired = self._get_int_param("DesiredCapacity")
    _check_desired(group, desired)
    upkeep.set_desired(group, desired)
    return EmptyResult()


@grafts.replaces(AutoScalingResponse)
def delete_auto_scaling_group(self: Any) -> Any:
    """DeleteAutoScalingGroup: with instances only by force, which asks no hook."""
    group = group_of(self)
    if group.instance_states and not self._get_bool_param("ForceDelete", False):
        msg = "You cannot delete an AutoScalingGroup while there are instances still in the group."
        raise AutoscalingClientError(_IN_USE, msg)
    for member in list(group.instance_states):
        fleet.terminate(group, member, "the group was deleted by force.", force=True)
    backend = self.autoscaling_backend
    del backend.autoscaling_groups[group.name]
    for name, policy in list(backend.policies.items()):
        if policy.auto_scaling_group_name == group.name:
            del backend.policies[name]
    return EmptyResult()


def _option(name: str) -> property:
    def read(self: Any) -> Any:
        return members.notes(self).options.get(name)

    return property(read)


for _name in _OPTIONS:
    grafts.adds(models.FakeAutoScalingGroup, xform_name(_name))(_option(_name))


@grafts.replaces(models.FakeAutoScalingGroup, "set_desired_capacity")
def _set_desired_capacity(self: Any, new_capacity: int | None) -> None:
    """Called by moto while a group is made, when hooks are not known, and by its policies."""
    known = self.autoscaling_backend.autoscaling_groups.get(self.name)
    if known is self:
        upkeep.set_desired(self, new_capacity)
    else:
        self.desired_capacity = (self.min_size or 0) if new_capacity is None else new_capacity


# Instances


def _launch_template(self: Any) -> dict[str, Any] | None:
    template = self.auto_scaling_group.ec2_launch_template
    if template is None:
        return None
    return {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "Version": members.member_notes(self).version or str(template.default_version_number),
    }


grafts.replaces(models.InstanceState, "launch_template")(property(_launch_template))


@grafts.replaces(AutoScalingResponse)
def terminate_instance_in_auto_scaling_group(self: Any) -> Any:
    """TerminateInstanceInAutoScalingGroup, through the hook."""
    group, member = _member(self, self._get_param("InstanceId"))
    decrement = self._get_bool_param("ShouldDecrementDesiredCapacity", False)
    if decrement and group.desired_capacity <= group.min_size:
        msg = (
            f"Currently, desiredSize equals minSize ({group.min_size}). Terminating instance "
            "without replacement will violate group's min size constraint."
        )
        raise ValidationError(msg)
    if decrement and not members.leaving(member):
        group.desired_capacity -= 1
    cause = "an instance was taken out of service in response to a user request."
    activity = fleet.terminate(group, member, cause)
    upkeep.balance(group)
    return ActionResult({"Activity": activity})


@grafts.replaces(AutoScalingResponse)
def set_instance_health(self: Any) -> Any:
    """SetInstanceHealth: an unhealthy instance is replaced."""
    _, member = _member(self, self._get_param("InstanceId"))
    status = self._get_param("HealthStatus")
    if status not in ("Healthy", "Unhealthy"):
        msg = f"Valid instance health states are: [Healthy, Unhealthy], not {status}"
        raise ValidationError(msg)
    member.health_status = status
    upkeep.tick()
    return EmptyResult()


@grafts.replaces(models.AutoScalingBackend)
def notify_terminate_instances(self: Any, instance_ids: list[str]) -> None:
    """EC2 terminated instances: their groups notice at once."""
    for instance_id in instance_ids:
        elbv2.forget(instance_id)
    upkeep.tick()


@grafts.replaces(models.AutoScalingBackend)
def detach_instances(
    self: Any, group_name: str, instance_ids: list[str], should_decrement: bool
) -> list[Any]:
    """DetachInstances: they run on, outside the group and its target groups."""
    group = self.autoscaling_groups[group_name]
    activities = []
    for member in list(group.instance_states):
        if member.instance_id not in instance_ids:
            continue
        group.instance_states.remove(member)
        self.ec2_backend.delete_tags([member.instance_id], {models.ASG_NAME_TAG: group.name})
        for arn in group.target_group_arns:
            elbv2.deregister(arn, member.instance_id)
        activities.append(models.DetachInstanceActivity(member.instance))
        if should_decrement:
            group.desired_capacity -= 1
    upkeep.balance(group)
    return activities


# Target groups


@grafts.replaces(models.AutoScalingBackend)
def update_attached_target_groups(self: Any, group_name: str) -> None:
    """Register the members that are in service."""
    group = self.autoscaling_groups[group_name]
    for arn in group.target_group_arns:
        for member in members.in_service(group):
            elbv2.register(arn, member.instance_id)


@grafts.replaces(models.AutoScalingBackend)
def detach_load_balancer_target_groups(
    self: Any, group_name: str, target_group_arns: list[str]
) -> None:
    """DetachLoadBalancerTargetGroups: members drain."""
    group = self.autoscaling_groups[group_name]
    group.target_group_arns = [
        arn for arn in group.target_group_arns if arn not in target_group_arns
    ]
    for arn in target_group_arns:
        for member in group.instance_states:
            elbv2.deregister(arn, member.instance_id)


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
