"""What the account says about a VPC that a stack is to join, read before anything is registered."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar

import pulumi
import pulumi_aws as aws

from lakehouse import given_vpc
from lakehouse.config import LakehouseConfig, NetworkConfig
from lakehouse.config.network import GivenVpcConfig
from lakehouse.errors import ConfigError
from lakehouse.given_vpc import HTTPS, Endpoint, Facts, Joined, Subnet, Zone
from lakehouse.names import Names
from lakehouse.outputs import EXPORT

T = TypeVar("T")

_NONE: Final = ("no matching", "couldn't find resource", "not found")
_SEVERAL: Final = "multiple"
"""What the provider says of a look-up that found nothing, or more than one."""


class VpcRefusedError(ConfigError, pulumi.RunError):
    """A VPC that may not be joined; the engine prints the message and no traceback."""


def resolve(config: LakehouseConfig, names: Names) -> Joined | None:
    """What there is in the VPC that the stack joins; nothing where it builds one.

    Raises:
        VpcRefusedError: with everything that keeps the stack from joining.
    """
    network = config.network
    if network.vpc is None:
        return None
    facts = _facts(network, network.vpc, config.region)
    found = given_vpc.findings(facts, network, config.generations, names)
    if found or facts is None:
        raise VpcRefusedError(found)
    return given_vpc.joined(facts, network, names)


def _facts(network: NetworkConfig, vpc: GivenVpcConfig, region: str) -> Facts | None:
    if not aws.ec2.get_vpcs(filters=[{"name": "vpc-id", "values": [vpc.id]}]).ids:
        return None
    seen = aws.ec2.get_vpc(id=vpc.id)
    endpoints, several = _endpoints(network, vpc.id, region)
    return Facts(
        id=vpc.id,
        cidrs=tuple(
            sorted({each.cidr_block for each in seen.cidr_block_associations} | {seen.cidr_block})
        ),
        dns_support=seen.enable_dns_support,
        dns_hostnames=seen.enable_dns_hostnames,
        subnets=_subnets(vpc, seen.main_route_table_id),
        endpoints=endpoints,
        several=frozenset(several),
        zone=_zone(vpc, network.zone_name),
        joined=_present() == vpc.id,
    )


def _subnets(vpc: GivenVpcConfig, main_table: str) -> dict[str, Subnet]:
    inside = set(aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc.id]}]).ids)
    return {
        each: _subnet(each, vpc.id, main_table) for each in vpc.subnets.values() if each in inside
    }


def _subnet(identifier: str, vpc_id: str, main_table: str) -> Subnet:
    seen = aws.ec2.get_subnet(id=identifier)
    own = aws.ec2.get_route_tables(
        vpc_id=vpc_id, filters=[{"name": "association.subnet-id", "values": [identifier]}]
    ).ids
    table = own[0] if own else main_table
    routes = aws.ec2.get_route_table(route_table_id=table).routes
    return Subnet(
        id=identifier,
        zone=seen.availability_zone,
        cidr=seen.cidr_block,
        free_addresses=seen.available_ip_address_count,
        route_table=table,
        internet_gateways=tuple(
            sorted({each.gateway_id for each in routes if each.gateway_id.startswith("igw-")})
        ),
    )


def _endpoints(
    network: NetworkConfig, vpc_id: str, region: str
) -> tuple[dict[str, Endpoint], list[str]]:
    found: dict[str, Endpoint] = {}
    several: list[str] = []
    admitted: dict[str, tuple[str, ...]] = {}
    wanted = [("s3", "Gateway"), *((each, "Interface") for each in network.interface_services)]
    for service, kind in wanted:
        try:
            seen = _or_none(functools.partial(_endpoint, service, kind, vpc_id, region))
        except LookupError:
            several.append(service)
            continue
        if seen is None:
            continue
        for group in seen.security_group_ids:
            admitted.setdefault(group, _admitted(group))
        found[service] = Endpoint(
            id=seen.id,
            service=service,
            state=seen.state,
            private_dns=seen.private_dns_enabled,
            groups=tuple(sorted(seen.security_group_ids)),
            admits=tuple(
                sorted({each for group in seen.security_group_ids for each in admitted[group]})
            ),
            route_tables=tuple(sorted(seen.route_table_ids)),
            prefix_list=seen.prefix_list_id or "",
            tags=dict(seen.tags),
        )
    return found, several


def _endpoint(service: str, kind: str, vpc_id: str, region: str) -> aws.ec2.GetVpcEndpointResult:
    return aws.ec2.get_vpc_endpoint(
        vpc_id=vpc_id,
        service_name=service_name(service, region),
        filters=[
            {"name": "vpc-endpoint-type", "values": [kind]},
            {"name": "vpc-endpoint-state", "values": ["available", "pending", "pendingAcceptance"]},
        ],
    )


def service_name(service: str, region: str) -> str:
    """The name that AWS gives the endpoint service of `<service>` or `<service>@<region>`."""
    name, _, home = service.partition("@")
    return f"com.amazonaws.{name}" if home else f"com.amazonaws.{region}.{name}"


def _admitted(group: str) -> tuple[str, ...]:
    """IPv4 networks that a security group lets in at the port of AWS's services."""
    rules = aws.vpc.get_security_group_rules(filters=[{"name": "group-id", "values": [group]}]).ids
    seen = [aws.vpc.get_security_group_rule(security_group_rule_id=each) for each in rules]
    return tuple(
        each.cidr_ipv4
        for each in seen
        if not each.is_egress
        and each.cidr_ipv4
        and (
            each.ip_protocol == "-1"
            or (each.ip_protocol == "tcp" and each.from_port <= HTTPS <= each.to_port)
        )
    )


def _zone(vpc: GivenVpcConfig, name: str) -> Zone | None:
    if vpc.zone_id is None:
        return None
    seen = _or_none(lambda: aws.route53.get_zone(zone_id=vpc.zone_id))
    if seen is None:
        return None
    resolved = _resolved(vpc.id, name) if seen.private_zone else frozenset()
    return Zone(
        id=vpc.zone_id,
        name=seen.name.rstrip("."),
        private=bool(seen.private_zone),
        resolved=vpc.zone_id in resolved,
    )


def _resolved(vpc_id: str, name: str) -> Collection[str]:
    """The private zone of that name that a VPC resolves."""
    seen = _or_none(lambda: aws.route53.get_zone(name=name, private_zone=True, vpc_id=vpc_id))
    return frozenset() if seen is None else frozenset({seen.zone_id})


def _or_none(look_up: Callable[[], T]) -> T | None:
    """The answer of a look-up that the provider fails when there is none.

    Raises:
        LookupError: there are several.
    """
    try:
        return look_up()
    except Exception as error:
        said = str(error).lower()
        if any(each in said for each in _NONE):
            return None
        if _SEVERAL in said:
            raise LookupError(said) from error
        raise


def _present() -> str:
    """The VPC that the last update left the stack in, from the stack's own outputs."""
    parts = (pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack())
    answer = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": "/".join(parts)})
    document: Mapping[str, Any] = (answer.value.get("outputs") or {}).get(EXPORT) or {}
    return str(document.get("vpc_id", ""))
