"""What the reconciler saw last, on disk, and what a cloud looks like to a person now."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cgroups import Cgroups
from local.daemon import Daemon, daemons
from local.machine import Machine, known_machines
from local.paths import CloudPaths
from local.world import World


@dataclass(frozen=True, kw_only=True)
class DaemonStatus:
    """A background process of the cloud."""

    name: str
    pid: int | None
    """None: it was started and does not run any more."""


@dataclass(frozen=True, kw_only=True)
class MachineStatus:
    """A machine and what the account says about its instance."""

    instance_id: str
    name: str
    """The instance's Name tag."""
    group: str
    type: str
    private_ip: str
    ec2_state: str
    lifecycle: str
    running: bool
    memory_mib: int
    memory_limit_mib: int
    console: Path


@dataclass(frozen=True, kw_only=True)
class TargetStatus:
    """A target behind a load balancer."""

    target_group: str
    instance_id: str
    health: str


@dataclass(frozen=True, kw_only=True)
class BalancerStatus:
    """A load balancer."""

    dns_name: str
    address: str
    ports: tuple[int, ...]
    targets: tuple[TargetStatus, ...]


@dataclass(frozen=True, kw_only=True)
class CloudStatus:
    """Everything of one local cloud at one moment."""

    name: str
    running: bool
    """Its account and its reconciler run."""
    daemons: tuple[DaemonStatus, ...]
    machines: tuple[MachineStatus, ...]
    balancers: tuple[BalancerStatus, ...]
    problems: Mapping[str, str]
    """What the reconciler could not do in its last round, by part or instance."""
    seen_seconds_ago: float | None
    """Age of the reconciler's last round; none before the first."""

    def __str__(self) -> str:
        """For a person: daemons, machines, balancers, problems, one a line."""
        lines = [f"local cloud {self.name}: {'running' if self.running else 'not running'}"]
        lines += [f"  {each.name:<20} {each.pid or 'ended'}" for each in self.daemons]
        lines += [
            f"  {each.instance_id} {each.private_ip:<15} {each.type:<10} "
            f"{each.memory_mib}/{each.memory_limit_mib} MiB  "
            f"{each.lifecycle or each.ec2_state:<14} "
            f"{'up' if each.running else 'down':<5} {each.name}"
            for each in self.machines
        ]
        for balancer in self.balancers:
            numbers = ", ".join(str(port) for port in balancer.ports)
            lines.append(f"  {balancer.dns_name} {balancer.address} ports {numbers}")
            lines += [
                f"    {each.target_group.split('/')[-2]} {each.instance_id} {each.health}"
                for each in balancer.targets
            ]
        lines += [f"  problem: {part}: {text}" for part, text in self.problems.items()]
        return "\n".join(lines)


def write_report(
    paths: CloudPaths,
    world: World,
    health: Mapping[str, Mapping[str, str]],
    problems: Mapping[str, str],
    addresses: Mapping[str, str] | None = None,
) -> None:
    """Leave the result of a round for `read_status`."""
    report = {
        "time": time.time(),
        "pid": os.getpid(),
        "account": "account" not in problems,
        "problems": dict(problems),
        "instances": {
            each.id: {
                "name": each.tags.get("Name", ""),
                "group": each.group,
                "type": each.type,
                "private_ip": each.private_ip,
                "ec2_state": each.state,
                "lifecycle": each.lifecycle,
                "memory_limit_mib": each.memory_mib,
            }
            for each in world.instances.values()
        },
        "balancers": [
            {
                "dns_name": each.dns_name,
                "address": (addresses or {}).get(each.arn, ""),
                "ports": [listener.port for listener in each.listeners],
                "targets": [
                    {"target_group": arn, "instance_id": instance_id, "health": state}
                    for arn in sorted({a for one in each.listeners for a in one.weights})
                    for instance_id, state in health.get(arn, {}).items()
                ],
            }
            for each in world.balancers
        ],
    }
    partial = paths.run / f".report.{os.getpid()}"
    partial.write_text(json.dumps(report))
    partial.rename(paths.run / "report.json")


def read_report(paths: CloudPaths) -> dict[str, Any]:
    """The last round's result; empty before the first."""
    try:
        report: dict[str, Any] = json.loads((paths.run / "report.json").read_text())
    except (OSError, ValueError):
        return {}
    return report


def read_status(paths: CloudPaths) -> CloudStatus:
    """What there is now; works on a cloud in any condition."""
    report = read_report(paths)
    names = sorted({"account", "reconciler", *daemons(paths)})
    running = {name: Daemon(paths, name).identity() for name in names}
    return CloudStatus(
        name=paths.name,
        running=bool(running["account"] and running["reconciler"]),
        daemons=tuple(
            DaemonStatus(name=name, pid=identity.pid if identity else None)
            for name, identity in running.items()
        ),
        machines=tuple(
            _machine(paths, each, report.get("instances", {}).get(each, {}))
            for each in sorted({*known_machines(paths), *report.get("instances", {})})
        ),
        balancers=tuple(
            BalancerStatus(
                dns_name=each["dns_name"],
                address=each["address"],
                ports=tuple(each["ports"]),
                targets=tuple(TargetStatus(**target) for target in each["targets"]),
            )
            for each in report.get("balancers", [])
        ),
        problems=report.get("problems", {}),
        seen_seconds_ago=time.time() - report["time"] if report else None,
    )


def _machine(paths: CloudPaths, instance_id: str, seen: Mapping[str, Any]) -> MachineStatus:
    machine = Machine(paths, instance_id)
    return MachineStatus(
        instance_id=instance_id,
        name=seen.get("name", ""),
        group=seen.get("group", ""),
        type=seen.get("type", ""),
        private_ip=seen.get("private_ip", ""),
        ec2_state=seen.get("ec2_state", "terminated"),
        lifecycle=seen.get("lifecycle", ""),
        running=Cgroups().populated(machine.group),
        memory_mib=machine.memory_bytes() // (1024 * 1024),
        memory_limit_mib=seen.get("memory_limit_mib", 0),
        console=machine.console,
    )
