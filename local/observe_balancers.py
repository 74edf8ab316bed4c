"""Reading the account's load balancers: what HAProxy has to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.world import HealthCheck, Listener, LoadBalancer, TargetGroup

_LEAVING: Final = {"draining", "unused"}


@dataclass(frozen=True)
class Attributes:
    """Facts that take a call each, from whoever remembers them."""

    listener: Callable[[str], Mapping[str, str]]
    target_group: Callable[[str], Mapping[str, str]]
    subnet_cidr: Callable[[str], str]


def read_balancers(elbv2: Any, attributes: Attributes) -> tuple[LoadBalancer, ...]:
    """Network load balancers with their listeners, the oldest first."""
    found = [
        each
        for page in elbv2.get_paginator("describe_load_balancers").paginate()
        for each in page["LoadBalancers"]
        if each["Type"] == "network" and each.get("AvailabilityZones")
    ]
    found.sort(key=lambda each: (each["CreatedTime"], each["LoadBalancerArn"]))
    return tuple(
        LoadBalancer(
            arn=each["LoadBalancerArn"],
            dns_name=each["DNSName"],
            vpc_id=each["VpcId"],
            subnet_cidr=attributes.subnet_cidr(each["AvailabilityZones"][0]["SubnetId"]),
            listeners=_listeners(elbv2, each["LoadBalancerArn"], attributes),
        )
        for each in found
    )


def _listeners(elbv2: Any, balancer_arn: str, attributes: Attributes) -> tuple[Listener, ...]:
    pages = elbv2.get_paginator("describe_listeners").paginate(LoadBalancerArn=balancer_arn)
    return tuple(
        Listener(
            arn=each["ListenerArn"],
            port=each["Port"],
            weights=weights(each["DefaultActions"]),
            idle_timeout=int(
                attributes.listener(each["ListenerArn"]).get("tcp.idle_timeout.seconds", 350)
            ),
        )
        for page in pages
        for each in page["Listeners"]
    )


def listener_attributes(elbv2: Any, arn: str) -> dict[str, str]:
    """A listener's attributes by key."""
    found = elbv2.describe_listener_attributes(ListenerArn=arn)["Attributes"]
    return {each["Key"]: each["Value"] for each in found}


def target_group_attributes(elbv2: Any, arn: str) -> dict[str, str]:
    """A target group's attributes by key."""
    found = elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    return {each["Key"]: each["Value"] for each in found}


def weights(actions: list[Mapping[str, Any]]) -> dict[str, int]:
    """Target group ARN -> weight of a listener's forward action, in either of its two forms."""
    for action in actions:
        if action["Type"] != "forward":
            continue
        groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
        if groups:
            return {
                each["TargetGroupArn"]: int(each.get("Weight", 1 if len(groups) == 1 else 0))
                for each in groups
            }
        if arn := action.get("TargetGroupArn"):
            return {arn: 1}
    return {}


def read_target_groups(elbv2: Any, attributes: Attributes) -> dict[str, TargetGroup]:
    """Target groups with the targets that are registered now."""
    pages = elbv2.get_paginator("describe_target_groups").paginate()
    groups = [
        _target_group(elbv2, each, attributes) for page in pages for each in page["TargetGroups"]
    ]
    return {each.arn: each for each in groups}


def _target_group(elbv2: Any, raw: Mapping[str, Any], known: Attributes) -> TargetGroup:
    arn = raw["TargetGroupArn"]
    described = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    attributes = known.target_group(arn)
    return TargetGroup(
        arn=arn,
        port=raw.get("Port", 0),
        check=health_check(raw),
        targets=tuple(
            (each["Target"]["Id"], each["Target"].get("Port") or raw["Port"])
            for each in described
            if each["TargetHealth"]["State"] not in _LEAVING
        ),
        deregistration_delay=int(attributes.get("deregistration_delay.timeout_seconds", 300)),
        terminate_on_deregistration=_flag(
            attributes, "deregistration_delay.connection_termination.enabled", default=False
        ),
        terminate_when_unhealthy=_flag(
            attributes, "target_health_state.unhealthy.connection_termination.enabled", default=True
        ),
    )


def health_check(raw: Mapping[str, Any]) -> HealthCheck:
    """A target group's health check, with EC2's defaults for what is not given."""
    port = str(raw.get("HealthCheckPort") or "traffic-port")
    return HealthCheck(
        protocol=raw.get("HealthCheckProtocol") or "TCP",
        port=int(port) if port.isdigit() else None,
        path=raw.get("HealthCheckPath") or "/",
        matcher=(raw.get("Matcher") or {}).get("HttpCode") or "200-399",
        interval=int(raw.get("HealthCheckIntervalSeconds") or 30),
        timeout=int(raw.get("HealthCheckTimeoutSeconds") or 10),
        healthy=int(raw.get("HealthyThresholdCount") or 5),
        unhealthy=int(raw.get("UnhealthyThresholdCount") or 2),
    )


def _flag(attributes: Mapping[str, str], key: str, *, default: bool) -> bool:
    return attributes.get(key, str(default).lower()) == "true"
