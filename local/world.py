"""What the emulated account says there shall be: values only, no way to get or change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Vpc:
    """A network of the account."""

    id: str
    cidr: str
    is_default: bool = False


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance that EC2 has not terminated."""

    id: str
    state: str
    """pending, running, stopping, stopped or shutting-down."""
    vpc_id: str
    subnet_id: str
    private_ip: str
    zone: str
    image_id: str
    image: str | None
    """Content hash of the baked image; none when the AMI is not one of ours."""
    type: str
    memory_mib: int
    cpus: int
    architecture: str = "x86_64"
    tags: Mapping[str, str] = field(default_factory=dict)
    tags_in_metadata: bool = True
    spot: bool = False
    user_data: bytes = b""
    key_name: str = ""
    public_key: str = ""
    profile_arn: str = ""
    role: str = ""
    group: str = ""
    """Auto Scaling group."""
    lifecycle: str = ""
    """Auto Scaling lifecycle state, such as Pending:Wait."""


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A private hosted zone, its records reduced to addresses."""

    name: str
    vpc_ids: tuple[str, ...]
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Record name -> addresses of its A record."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Record name -> the name it stands for (CNAME or alias)."""


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """How a target group looks at its targets."""

    protocol: str = "TCP"
    port: int | None = None
    """None: the port that gets the traffic."""
    path: str = "/"
    matcher: str = "200-399"
    interval: int = 30
    timeout: int = 10
    healthy: int = 5
    unhealthy: int = 2


@dataclass(frozen=True, kw_only=True)
class TargetGroup:
    """Targets of a load balancer."""

    arn: str
    port: int
    check: HealthCheck
    targets: tuple[tuple[str, int], ...] = ()
    """(instance id, port) of each registered target."""
    deregistration_delay: int = 300
    terminate_on_deregistration: bool = False
    terminate_when_unhealthy: bool = True


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A port of a load balancer and where its connections go."""

    arn: str
    port: int
    weights: Mapping[str, int]
    """Target group ARN -> weight."""
    idle_timeout: int = 350


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """A network load balancer."""

    arn: str
    dns_name: str
    vpc_id: str
    subnet_cidr: str
    """The first of its subnets."""
    listeners: tuple[Listener, ...] = ()


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything the reconciler acts on, read at one time."""

    vpcs: Mapping[str, Vpc] = field(default_factory=dict)
    instances: Mapping[str, Instance] = field(default_factory=dict)
    zones: tuple[Zone, ...] = ()
    balancers: tuple[LoadBalancer, ...] = ()
    target_groups: Mapping[str, TargetGroup] = field(default_factory=dict)

    def used_vpcs(self) -> dict[str, Vpc]:
        """VPCs that need a network here: all but a default one that nothing is in."""
        busy = {each.vpc_id for each in self.instances.values()}
        busy.update(each.vpc_id for each in self.balancers)
        return {k: v for k, v in self.vpcs.items() if not v.is_default or k in busy}
