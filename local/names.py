"""Names and addresses inside a VPC: one dnsmasq per bridge, at the VPC resolver's address.

It answers private hosted zones, load balancer names and EC2's own names, and nothing else:
there is no upstream. Records and reservations are re-read on SIGHUP; leases survive it.
"""

from __future__ import annotations

import ipaddress
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from local.daemon import Daemon, clean_environment
from local.network import in_namespace, mac_address
from local.paths import CloudPaths, bridge_name
from local.world import Vpc, World

_MAX_ALIASES: Final = 8
"""Longer chains are taken for loops."""


def config(vpc: Vpc, directory: Path, region: str) -> str:
    """dnsmasq's configuration for one VPC; changes only with the VPC itself."""
    network = ipaddress.ip_network(vpc.cidr)
    return "\n".join(
        [
            f"interface={bridge_name(vpc.id)}",
            "except-interface=lo",
            "bind-interfaces",
            "no-resolv",
            "no-hosts",
            "local=/#/",
            "user=root",
            "no-ping",
            "dhcp-authoritative",
            f"dhcp-range={network[0]},static,{network.netmask},12h",
            f"dhcp-option=option:router,{network[1]}",
            f"dhcp-option=option:dns-server,{network[2]}",
            f"dhcp-option=option:domain-name,{region}.compute.internal",
            f"dhcp-hostsfile={directory / 'reservations'}",
            f"dhcp-leasefile={directory / 'leases'}",
            f"addn-hosts={directory / 'records'}",
            "pid-file=",
            "",
        ]
    )


def reservations(addresses: Iterable[str]) -> str:
    """The address of every machine, whatever DHCP client identifier it shows."""
    lines = (
        f"{mac_address(address)},id:*,{address},ip-{address.replace('.', '-')}"
        for address in sorted(addresses)
    )
    return "".join(f"{line}\n" for line in lines)


def records(world: World, vpc_id: str, balancers: Mapping[str, str], region: str) -> str:
    """All names that this VPC knows, in the form of a hosts file."""
    names: dict[str, tuple[str, ...]] = {}
    aliases: dict[str, str] = {}
    for instance in world.instances.values():
        if instance.vpc_id == vpc_id:
            host = f"ip-{instance.private_ip.replace('.', '-')}"
            names[f"{host}.{region}.compute.internal"] = (instance.private_ip,)
    for balancer in world.balancers:
        if balancer.vpc_id == vpc_id and balancer.arn in balancers:
            names[_plain(balancer.dns_name)] = (balancers[balancer.arn],)
    for zone in world.zones:
        if vpc_id in zone.vpc_ids:
            names.update({_plain(name): each for name, each in zone.addresses.items()})
            aliases.update({_plain(name): _plain(to) for name, to in zone.aliases.items()})
    for name in aliases:
        if found := _follow(name, names, aliases):
            names[name] = found
    return "".join(
        f"{address} {name}\n"
        for name in sorted(names)
        for address in names[name]
        if "*" not in name
    )


class Resolver:
    """The dnsmasq of one VPC."""

    def __init__(self, paths: CloudPaths, vpc: Vpc, region: str) -> None:
        self._directory = paths.run / "names" / bridge_name(vpc.id)
        self._netns = paths.netns
        self._config = config(vpc, self._directory, region)
        self._daemon = Daemon(paths, f"dnsmasq-{bridge_name(vpc.id)}")

    def apply(self, reserved: str, known: str) -> None:
        """Make it answer exactly this."""
        self._directory.mkdir(parents=True, exist_ok=True)
        restart = _update(self._directory / "dnsmasq.conf", self._config)
        reread = _update(self._directory / "reservations", reserved)
        reread |= _update(self._directory / "records", known)
        if restart:
            self._daemon.stop()
        if not self._daemon.alive():
            command = [
                *in_namespace(self._netns),
                "dnsmasq",
                "--keep-in-foreground",
                f"--conf-file={self._directory / 'dnsmasq.conf'}",
                "--log-facility=-",
            ]
            self._daemon.start(command, clean_environment({}))
        elif reread:
            self._daemon.signal(signal.SIGHUP)

    def stop(self) -> None:
        """End it; the VPC is gone."""
        self._daemon.stop()


def _follow(
    name: str, names: Mapping[str, tuple[str, ...]], aliases: Mapping[str, str]
) -> tuple[str, ...]:
    for _ in range(_MAX_ALIASES):
        if name not in aliases:
            break
        name = aliases[name]
    return names.get(name, ())


def _plain(name: str) -> str:
    return name.rstrip(".").lower().removeprefix("dualstack.")


def _update(path: Path, text: str) -> bool:
    """Write the file if its text differs; whether it did."""
    if path.exists() and path.read_text() == text:
        return False
    partial = path.with_suffix(".new")
    partial.write_text(text)
    partial.rename(path)
    return True
