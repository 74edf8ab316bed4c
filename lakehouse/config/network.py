"""Settings of the network."""

from __future__ import annotations

from typing import Final, Literal

from lakehouse.config._settings import Section, setting
from lakehouse.effects import Effect
from lakehouse.types import (
    ClientCidr,
    Host,
    HostedZoneId,
    RouteTableId,
    ServiceName,
    SubnetId,
    VpcCidr,
    VpcId,
    Zone,
)

INTERFACE_SERVICES: Final = (
    "autoscaling",
    "ec2",
    "glue",
    "kms",
    "lakeformation",
    "logs",
    "monitoring",
    "route53@us-east-1",
    "s3tables",
    "secretsmanager",
    "sqs",
    "ssm",
    "ssmmessages",
    "sts",
)
"""AWS services that machines reach; there is no other way out of the private subnets. Session
Manager is `ssm` and `ssmmessages`; `ec2messages` is Run Command's, which no role of ours has."""


class GivenVpcConfig(Section):
    """A VPC that somebody else made, and that stays as it is when the stack goes."""

    id: VpcId = setting(
        "The VPC that the stack joins.",
        effect=Effect.REPLACE,
        required="which VPC is yours to know",
    )
    subnets: dict[Zone, SubnetId] = setting(
        "A private subnet of it for each availability zone, by zone.",
        effect=Effect.REPLACE,
        required="which subnets are yours to know",
        min_length=1,
        max_length=6,
    )
    endpoints: Literal["existing", "create"] = setting(
        "What happens when an interface endpoint of interface_services is not in the VPC: "
        "`existing` refuses the stack, `create` makes it. One that is there is used either way. "
        "Made ones answer to the whole VPC, since their private names do.",
        default="existing",
        effect=Effect.IN_PLACE,
    )
    route_tables: tuple[RouteTableId, ...] = setting(
        "Route tables of the subnets to which the stack may add the way to S3, where the VPC has "
        "no gateway endpoint for it. Empty adds none.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=12,
    )
    zone_id: HostedZoneId | None = setting(
        "Private hosted zone called zone_name that the VPC resolves already, for the names of "
        "endpoint and leaders. Unset makes one and associates the VPC with it.",
        default=None,
        effect=Effect.REPLACE,
    )


class FlowLogsConfig(Section):
    """Records of who talked to whom in the network, in CloudWatch Logs."""

    enabled: bool | None = setting(
        "Whether connections are recorded. Unset means yes for a VPC that the stack builds, and "
        "no for one that it joins, where it would be the subnets' connections.",
        default=None,
        effect=Effect.IN_PLACE,
    )
    traffic: Literal["all", "accept", "reject"] = setting(
        "Which connections: all, those let through, or those turned away.",
        default="all",
        effect=Effect.IN_PLACE,
    )
    interval_seconds: Literal[60, 600] = setting(
        "Seconds that one record sums up, 60 or 600.", default=600, effect=Effect.IN_PLACE
    )
    retention_days: int = setting(
        "Days that records are kept, as CloudWatch Logs offers them.",
        default=30,
        effect=Effect.IN_PLACE,
        ge=1,
        le=3653,
    )


class NetworkConfig(Section):
    """A VPC of private subnets, built or joined, its endpoints to AWS and its private DNS zone."""

    zones: tuple[Zone, ...] = setting(
        "Availability zones of the stack's region, one private subnet each; needed unless a VPC is "
        "joined. A zone keeps its addresses when another one is added or dropped.",
        default=(),
        effect=Effect.IN_PLACE,
        min_length=1,
        max_length=6,
    )
    cidr: VpcCidr = setting(
        "Address range of the VPC that is built, /16 to /20. Must not overlap with networks that "
        "are peered.",
        default="10.42.0.0/16",
        effect=Effect.REPLACE,
    )
    vpc: GivenVpcConfig | None = setting(
        "A VPC to join; unset builds one of zones and cidr.", default=None, effect=Effect.REPLACE
    )
    egress: Literal["none", "nat", "nat-per-zone"] = setting(
        "Whether machines reach the internet (HTTPS only): not at all, through one NAT gateway, or "
        "through one in each zone. They need none: AWS is reached through endpoints.",
        default="none",
        effect=Effect.IN_PLACE,
    )
    flow_logs: FlowLogsConfig = setting(
        "Records of connections.", factory=FlowLogsConfig, effect=Effect.IN_PLACE
    )
    zone_name: Host = setting(
        "Name of the private DNS zone. Clients connect to connect.<zone_name>.",
        default="lakehouse.internal",
        effect=Effect.REPLACE,
    )
    interface_services: tuple[ServiceName, ...] = setting(
        "AWS services that get an interface endpoint; <service>@<region> for a global one. "
        "Each costs an hourly fee in each zone.",
        default=INTERFACE_SERVICES,
        effect=Effect.IN_PLACE,
    )
    endpoint_policies: Literal["least", "account"] = setting(
        "What may pass the endpoints of a VPC that is built: `least` is what machines of the stack "
        "call, `account` whatever principals of this account may do. Those that are made in a "
        "joined VPC are for the account.",
        default="least",
        effect=Effect.IN_PLACE,
    )
    clients: tuple[ClientCidr, ...] = setting(
        "Networks that may reach the endpoint; empty means the VPC itself.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=20,
    )
    ssh_from: tuple[ClientCidr, ...] = setting(
        "Networks that may reach SSH on the machines; empty means nobody (Session Manager "
        "works without).",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=5,
    )

    @property
    def zone_names(self) -> tuple[str, ...]:
        """The availability zones, whether the VPC is built or joined."""
        return tuple(sorted(self.vpc.subnets)) if self.vpc else self.zones

    @property
    def records_flows(self) -> bool:
        """Whether connections are recorded."""
        chosen = self.flow_logs.enabled
        return self.vpc is None if chosen is None else chosen
