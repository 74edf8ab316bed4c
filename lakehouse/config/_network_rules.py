"""Rules between settings of the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from lakehouse.config import _watch_rules
from lakehouse.config._findings import Finding
from lakehouse.config.network import GivenVpcConfig, NetworkConfig

_KEY: Final = "millrace:network"

_BUILT: Final = ("zones", "cidr")
"""Settings that are about a VPC of the stack's own."""


def findings(network: NetworkConfig, region: str | None) -> Iterator[Finding]:
    """Every broken rule between the network's settings."""
    if network.vpc is None:
        yield from _built(network, region)
    else:
        yield from _joined(network, network.vpc, region)
    yield from _repeated(f"{_KEY}.interface_services", network.interface_services)
    days = network.flow_logs.retention_days
    yield from _watch_rules.retention(f"{_KEY}.flow_logs.retention_days", days)


def _built(network: NetworkConfig, region: str | None) -> Iterator[Finding]:
    key = f"{_KEY}.zones"
    if "zones" not in network.model_fields_set:
        yield Finding(
            key,
            "is missing and has no default (which zones have the instance types you want is yours "
            "to know); add it, or name a VPC to join in network.vpc",
        )
    yield from _repeated(key, network.zones)
    yield from _zones(key, network.zones, region)


def _joined(network: NetworkConfig, vpc: GivenVpcConfig, region: str | None) -> Iterator[Finding]:
    for name in _BUILT:
        if name in network.model_fields_set:
            value = getattr(network, name)
            yield Finding(
                f"{_KEY}.{name}",
                "is about a VPC that the stack builds, and network.vpc names one to join; "
                "remove one of the two",
                list(value) if isinstance(value, tuple) else value,
            )
    if network.egress != "none":
        yield Finding(
            f"{_KEY}.egress",
            "is a way out of a VPC that the stack builds, and network.vpc names one to join; "
            "remove it: ways out of that VPC are its owner's to make",
            network.egress,
        )
    yield from _repeated(f"{_KEY}.vpc.subnets", tuple(vpc.subnets.values()))
    yield from _repeated(f"{_KEY}.vpc.route_tables", vpc.route_tables)
    yield from _zones(f"{_KEY}.vpc.subnets", tuple(vpc.subnets), region)


def _zones(key: str, zones: Sequence[str], region: str | None) -> Iterator[Finding]:
    for zone in zones:
        if region and zone[:-1] != region:
            yield Finding(key, f"is not in aws:region {region}; write {region}{zone[-1]}", zone)


def _repeated(key: str, values: Sequence[str]) -> Iterator[Finding]:
    for value, count in Counter(values).items():
        if count > 1:
            yield Finding(key, f"is written {count} times; write it once", value)
