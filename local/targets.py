"""Targets and addresses of load balancers, as they have to be remembered between rounds.

The account forgets a target at once when it is deregistered; its connections may go on for
the deregistration delay. And a load balancer keeps the address that it was given first.
"""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakehouse.errors import LakehouseError
from local.haproxy import ServerStatus
from local.world import LoadBalancer, TargetGroup, World


@dataclass
class Target:
    """A target that is, or recently was, registered."""

    group: str
    instance_id: str
    address: str
    port: int
    since: float
    draining_until: float | None = None
    was_up: bool = False

    @property
    def name(self) -> str:
        """Its name in HAProxy."""
        return f"{self.instance_id}.{self.port}"


@dataclass
class Memory:
    """What has to survive a restart of the reconciler."""

    addresses: dict[str, str] = field(default_factory=dict)
    """Load balancer ARN -> its address."""
    targets: list[Target] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Memory:
        """From disk; empty when there is none."""
        try:
            raw: dict[str, Any] = json.loads(path.read_text())
            return cls(raw["addresses"], [Target(**each) for each in raw["targets"]])
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, path: Path) -> None:
        """To disk, whole or not at all."""
        raw = {"addresses": self.addresses, "targets": [vars(each) for each in self.targets]}
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.write_text(json.dumps(raw))
        partial.rename(path)


def allocate(memory: Memory, world: World) -> None:
    """Give every load balancer an address from the top of its first subnet, and keep it."""
    taken = {each.private_ip for each in world.instances.values()}
    addresses = {
        each.arn: memory.addresses[each.arn]
        for each in world.balancers
        if each.arn in memory.addresses
    }
    taken.update(addresses.values())
    for balancer in world.balancers:
        if balancer.arn not in addresses:
            addresses[balancer.arn] = _free(balancer, taken)
            taken.add(addresses[balancer.arn])
    memory.addresses = addresses


def _free(balancer: LoadBalancer, taken: Iterable[str]) -> str:
    network = ipaddress.ip_network(balancer.subnet_cidr)
    used = set(taken)
    for offset in range(2, network.num_addresses - 4):
        if (address := str(network[-offset])) not in used:
            return address
    msg = f"subnet {balancer.subnet_cidr} has no free address for {balancer.dns_name}"
    raise LakehouseError(msg)


def follow_targets(
    memory: Memory, world: World, now: float, sessions: Callable[[Target], int]
) -> list[Target]:
    """Bring the remembered targets up to date; returns those whose delay just ended.

    A target that was deregistered gets nothing new; what it has may go on for the delay.
    """
    registered = {
        (arn, instance_id, port): group
        for arn, group in world.target_groups.items()
        for instance_id, port in group.targets
    }
    kept: list[Target] = []
    ended: list[Target] = []
    for target in memory.targets:
        key = (target.group, target.instance_id, target.port)
        group = world.target_groups.get(target.group)
        if registered.pop(key, None) is not None:
            if target.draining_until is not None:
                target.draining_until, target.since, target.was_up = None, now, False
            kept.append(target)
            continue
        if target.draining_until is None:
            target.draining_until = now + (group.deregistration_delay if group else 0)
        if group is not None and now < target.draining_until and sessions(target):
            kept.append(target)
        else:
            ended.append(target)
    for (arn, instance_id, port), _ in sorted(registered.items()):
        if instance := world.instances.get(instance_id):
            kept.append(Target(arn, instance_id, instance.private_ip, port, now))
    memory.targets = kept
    return ended


def health(target: Target, group: TargetGroup, status: ServerStatus | None, now: float) -> str:
    """The state that DescribeTargetHealth reports for a target."""
    if target.draining_until is not None:
        return "draining"
    if status is not None and status.up and status.checked:
        return "healthy"
    patience = group.check.interval * group.check.unhealthy
    return "unhealthy" if target.was_up or now - target.since > patience else "initial"
