"""Endpoint: the one address that clients know, and how it shares them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from lakehouse import ports
from lakehouse.names import LOAD_BALANCER_NAME, fit


@dataclass(frozen=True, kw_only=True)
class TargetArgs:
    """One generation's share."""

    arn: pulumi.Input[str]
    """Its target group."""
    weight: int
    """0 to 999, against the others'."""


@dataclass(frozen=True, kw_only=True)
class EndpointArgs:
    """Inputs of `Endpoint`."""

    subnet_ids: pulumi.Input[Sequence[str]]
    """Where the load balancer has addresses."""
    security_group_id: pulumi.Input[str]
    """Who may reach it."""
    zone_id: pulumi.Input[str]
    """Zone of `host`."""
    host: str
    """DNS name that clients use."""
    targets: Mapping[str, TargetArgs]
    """Generations by name, and their shares."""
    idle_timeout_seconds: int
    """Until a silent connection is forgotten."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child that takes them."""


class Endpoint(LakehouseComponent):
    """An internal network load balancer with a TCP listener: TLS ends on the leader."""

    dns_name: pulumi.Output[str]
    listener_arn: pulumi.Output[str]
    balancer_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: EndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.tags, opts)
        balancer = aws.lb.LoadBalancer(
            fit(self.child("connect"), LOAD_BALANCER_NAME),
            load_balancer_type="network",
            internal=True,
            subnets=args.subnet_ids,
            security_groups=[args.security_group_id],
            # One leader serves all zones: each address must reach it.
            enable_cross_zone_load_balancing=True,
            tags=self.tags("connect"),
            opts=self.child_opts(),
        )
        listener = aws.lb.Listener(
            self.child("connect"),
            load_balancer_arn=balancer.arn,
            protocol="TCP",
            port=ports.ENDPOINT,
            tcp_idle_timeout_seconds=args.idle_timeout_seconds,
            default_actions=[_forward([args.targets[name] for name in sorted(args.targets)])],
            tags=self.tags("connect"),
            opts=self.child_opts(),
        )
        aws.route53.Record(
            self.child("connect"),
            zone_id=args.zone_id,
            name=args.host,
            type="A",
            aliases=[
                aws.route53.RecordAliasArgs(
                    name=balancer.dns_name,
                    zone_id=balancer.zone_id,
                    evaluate_target_health=False,
                )
            ],
            opts=self.child_opts(),
        )
        self.dns_name = balancer.dns_name
        self.listener_arn = listener.arn
        self.balancer_arn = balancer.arn
        self.publish()


def _forward(targets: Sequence[TargetArgs]) -> aws.lb.ListenerDefaultActionArgs:
    return aws.lb.ListenerDefaultActionArgs(
        type="forward",
        forward=aws.lb.ListenerDefaultActionForwardArgs(
            target_groups=[
                aws.lb.ListenerDefaultActionForwardTargetGroupArgs(
                    arn=target.arn, weight=target.weight
                )
                for target in targets
            ]
        ),
    )
