"""Settings of the network."""

from __future__ import annotations

from typing import Final

from lakehouse.config._settings import Section, setting
from lakehouse.effects import Effect
from lakehouse.types import ClientCidr, Host, ServiceName, VpcCidr, Zone

INTERFACE_SERVICES: Final = (
    "autoscaling",
    "ec2messages",
    "glue",
    "kms",
    "lakeformation",
    "logs",
    "monitoring",
    "route53@us-east-1",
    "s3tables",
    "secretsmanager",
    "ssm",
    "ssmmessages",
    "sts",
)
"""AWS services that machines reach; there is no other way out of the private subnets."""


class NetworkConfig(Section):
    """A VPC of private subnets, its endpoints to AWS and its private DNS zone."""

    zones: tuple[Zone, ...] = setting(
        "Availability zones of the stack's region, one private subnet each. A zone keeps its "
        "addresses when another one is added or dropped.",
        effect=Effect.REPLACE,
        required="which zones have the instance types you want is yours to know",
        min_length=1,
        max_length=6,
    )
    cidr: VpcCidr = setting(
        "Address range of the VPC, /16 to /20. Must not overlap with networks that are peered.",
        default="10.42.0.0/16",
        effect=Effect.REFUSED,
    )
    zone_name: Host = setting(
        "Name of the private DNS zone. Clients connect to connect.<zone_name>.",
        default="lakehouse.internal",
        effect=Effect.REFUSED,
    )
    interface_services: tuple[ServiceName, ...] = setting(
        "AWS services that get an interface endpoint; <service>@<region> for a global one. "
        "Each costs an hourly fee in each zone.",
        default=INTERFACE_SERVICES,
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
