"""A VPC that somebody else made: what is known of it, and whether a stack may join it.

Nothing of it is changed by a stack that joins. What is missing is said all at once, before any
resource is registered.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lakehouse.config import GenerationConfig, NetworkConfig
from lakehouse.config.network import GivenVpcConfig
from lakehouse.names import Names

KEY: Final = "millrace:network.vpc"

RESERVED_ADDRESSES: Final = 5
"""Addresses of every subnet that AWS keeps (VPC user guide, subnet CIDR blocks)."""

BALANCER_ADDRESSES: Final = 8
"""Free addresses that a load balancer's subnet must have to let it grow (Elastic Load Balancing
user guide)."""

HTTPS: Final = 443


@dataclass(frozen=True, kw_only=True)
class Subnet:
    """A subnet as the account shows it, with the routes that lead out of it."""

    id: str
    zone: str
    cidr: str
    free_addresses: int
    route_table: str
    """Its own, or else the VPC's main one."""
    internet_gateways: tuple[str, ...] = ()
    """Gateways that its routes lead to."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An endpoint of an AWS service."""

    id: str
    service: str
    """As `network.interface_services` writes it; `s3` for the gateway."""
    state: str = "available"
    private_dns: bool = True
    groups: tuple[str, ...] = ()
    """Security groups, of an interface endpoint."""
    admits: tuple[str, ...] = ()
    """Networks that its security groups let in at 443."""
    route_tables: tuple[str, ...] = ()
    """Route tables, of a gateway endpoint."""
    prefix_list: str = ""
    """Addresses of the service, of a gateway endpoint."""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A private hosted zone."""

    id: str
    name: str
    private: bool
    resolved: bool
    """Whether the VPC resolves it."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the account says about a VPC and what of it the stack names."""

    id: str
    cidrs: tuple[str, ...]
    dns_support: bool
    dns_hostnames: bool
    subnets: Mapping[str, Subnet]
    """By id; those that are not in this VPC are absent."""
    endpoints: Mapping[str, Endpoint]
    """Service -> its endpoint, where there is one."""
    several: frozenset[str] = frozenset()
    """Services of which the VPC has several endpoints, so that none of them can be told."""
    zone: Zone | None = None
    joined: bool = False
    """Whether the stack is in this VPC already, so that its own machines take addresses."""


@dataclass(frozen=True, kw_only=True)
class Joined:
    """What components need to know of the VPC that they join."""

    id: str
    cidrs: tuple[str, ...]
    subnet_ids: tuple[str, ...]
    """In the order of their zones."""
    services: tuple[str, ...]
    """Services whose interface endpoint the stack makes."""
    groups: tuple[str, ...]
    """Security groups of the interface endpoints that are there."""
    s3_prefix_list: str
    """Of the gateway endpoint that is there; empty where the stack makes one."""
    zone_id: str
    """Of the hosted zone that is there; empty where the stack makes one."""


def findings(
    facts: Facts | None,
    network: NetworkConfig,
    generations: Mapping[str, GenerationConfig],
    names: Names,
) -> list[str]:
    """Everything that keeps a stack from joining; nothing when it may."""
    vpc = network.vpc
    if vpc is None:
        return []
    if facts is None:
        what = "there is no such VPC in this account and region; name another one"
        return [f'{KEY}.id = "{vpc.id}": {what}']
    found = [*_dns(facts), *_subnets(vpc, facts)]
    found += _addresses(network, vpc, facts, generations, names)
    found += _s3(vpc, facts, names)
    for service in network.interface_services:
        found += _interface(service, vpc, facts, names)
    return [*found, *_zone(network, vpc, facts)]


def joined(facts: Facts, network: NetworkConfig, names: Names) -> Joined:
    """What is used of a VPC without findings, and what the stack adds to it."""
    vpc = network.vpc
    assert vpc is not None, "only asked for a VPC that is joined"
    used = {each: _there(facts, each, names) for each in network.interface_services}
    gateway = _there(facts, "s3", names)
    return Joined(
        id=facts.id,
        cidrs=facts.cidrs,
        subnet_ids=tuple(vpc.subnets[zone] for zone in network.zone_names),
        services=tuple(service for service, there in used.items() if there is None),
        groups=tuple(sorted({group for each in used.values() if each for group in each.groups})),
        s3_prefix_list=gateway.prefix_list if gateway else "",
        zone_id=vpc.zone_id or "",
    )


def _dns(facts: Facts) -> Iterator[str]:
    wanted = {"enableDnsSupport": facts.dns_support, "enableDnsHostnames": facts.dns_hostnames}
    for attribute, on in wanted.items():
        if not on:
            yield (
                f'{KEY}.id = "{facts.id}": has {attribute} off, and private names of endpoints '
                "need it; let its owner turn it on"
            )


def _subnets(vpc: GivenVpcConfig, facts: Facts) -> Iterator[str]:
    for zone, identifier in vpc.subnets.items():
        key = f'{KEY}.subnets.{zone} = "{identifier}"'
        subnet = facts.subnets.get(identifier)
        if subnet is None:
            yield f"{key}: is not a subnet of {facts.id}; name one that is"
            continue
        if subnet.zone != zone:
            yield f"{key}: is in {subnet.zone}; write it under that zone, or name another one"
        for gateway in subnet.internet_gateways:
            yield (
                f"{key}: is public, since {subnet.route_table} leads to {gateway}; name a private "
                "subnet"
            )


def _addresses(
    network: NetworkConfig,
    vpc: GivenVpcConfig,
    facts: Facts,
    generations: Mapping[str, GenerationConfig],
    names: Names,
) -> Iterator[str]:
    made = [each for each in network.interface_services if not _there(facts, each, names)]
    fixed = BALANCER_ADDRESSES + len(made) if vpc.endpoints == "create" else BALANCER_ADDRESSES
    machines = sum(1 + each.workers.maximum for each in generations.values())
    rooms = {
        zone: _room(facts.subnets[each], facts)
        for zone, each in vpc.subnets.items()
        if each in facts.subnets
    }
    for zone, room in rooms.items():
        if room < fixed:
            yield (
                f'{KEY}.subnets.{zone} = "{vpc.subnets[zone]}": has room for {room} addresses, and '
                f"load balancer and endpoints take {fixed}; name a larger subnet"
            )
    room = sum(rooms.values())
    if len(rooms) == len(vpc.subnets) and room < len(rooms) * fixed + machines:
        yield (
            f"{KEY}.subnets: have room for {room} addresses together, and {machines} machines at "
            f"the most, load balancer and endpoints take {len(rooms) * fixed + machines}; name "
            "larger subnets, or lower workers.maximum"
        )


def _room(subnet: Subnet, facts: Facts) -> int:
    """Free addresses; once the stack is in, all there are: its own machines took some."""
    if not facts.joined:
        return subnet.free_addresses
    return ipaddress.IPv4Network(subnet.cidr).num_addresses - RESERVED_ADDRESSES


def _there(facts: Facts, service: str, names: Names) -> Endpoint | None:
    """The endpoint of a service, unless this stack made it."""
    found = facts.endpoints.get(service)
    return None if found is None or _owner(found, names) == names.stack else found


def _owner(endpoint: Endpoint, names: Names) -> str:
    """The stack of ours that made it; empty where none did."""
    return endpoint.tags.get(f"{names.project}:stack", "")


def _s3(vpc: GivenVpcConfig, facts: Facts, names: Names) -> Iterator[str]:
    key = f'{KEY}.id = "{facts.id}"'
    tables = {each.route_table: each.id for each in facts.subnets.values()}
    there = _there(facts, "s3", names)
    if "s3" in facts.several:
        yield f"{key}: has several gateway endpoints for S3; let its owner leave one"
    elif there:
        for table, subnet in tables.items():
            if table not in there.route_tables:
                yield (
                    f"{key}: its S3 gateway endpoint {there.id} is not in {table}, the route table "
                    f"of {subnet}; let its owner add it"
                )
    elif not vpc.route_tables:
        yield (
            f"{key}: has no gateway endpoint for S3; let its owner make one, or name the subnets' "
            "route tables in network.vpc.route_tables for the stack to add one to: "
            f"{', '.join(sorted(tables))}"
        )
    else:
        for table in sorted(set(tables) - set(vpc.route_tables)):
            yield (
                f"{KEY}.route_tables: lacks {table}, the route table of {tables[table]}, where the "
                "way to S3 is needed; add it"
            )
        for table in sorted(set(vpc.route_tables) - set(tables)):
            yield f'{KEY}.route_tables = "{table}": is of none of the subnets; remove it'


def _interface(service: str, vpc: GivenVpcConfig, facts: Facts, names: Names) -> Iterator[str]:
    key = f'millrace:network.interface_services = "{service}"'
    there = _there(facts, service, names)
    if service in facts.several:
        yield f"{key}: has several interface endpoints in {facts.id}; let its owner leave one"
    elif there is not None:
        for problem in _unfit(there, facts, names):
            yield f"{key}: {problem}"
    elif vpc.endpoints == "existing":
        yield (
            f"{key}: has no interface endpoint in {facts.id}; let its owner make it, or set "
            "network.vpc.endpoints to create"
        )


def _unfit(endpoint: Endpoint, facts: Facts, names: Names) -> Iterator[str]:
    """Why an interface endpoint that is there cannot be used."""
    owner = _owner(endpoint, names)
    if owner:
        yield (
            f"{endpoint.id} is of the stack {owner} and would go with it; let the VPC's owner make "
            "one for both"
        )
    if endpoint.state != "available":
        yield f"{endpoint.id} is {endpoint.state}; make it available"
    if not endpoint.private_dns:
        yield f"{endpoint.id} does not answer to the service's own name; turn on its private DNS"
    shut = [
        each.cidr for each in facts.subnets.values() if not _covered(each.cidr, endpoint.admits)
    ]
    if shut:
        yield (
            f"{endpoint.id} lets nobody in from {', '.join(sorted(shut))} at {HTTPS}; let its "
            f"owner add them to {', '.join(endpoint.groups) or 'its security group'}"
        )


def _covered(cidr: str, networks: tuple[str, ...]) -> bool:
    wanted = ipaddress.IPv4Network(cidr)
    return any(wanted.subnet_of(ipaddress.IPv4Network(each)) for each in networks)


def _zone(network: NetworkConfig, vpc: GivenVpcConfig, facts: Facts) -> Iterator[str]:
    if vpc.zone_id is None:
        return
    key, zone = f'{KEY}.zone_id = "{vpc.zone_id}"', facts.zone
    if zone is None:
        yield f"{key}: there is no such hosted zone in this account; name another one"
        return
    if not zone.private:
        yield f"{key}: is public, and names of machines are nobody's business; name a private zone"
    if zone.name != network.zone_name:
        yield f"{key}: is of {zone.name}; set network.zone_name to that, or name another zone"
    if zone.private and not zone.resolved:
        yield f"{key}: is not resolved in {facts.id}; let its owner associate the VPC with it"
