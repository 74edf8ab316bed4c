"""A VPC that somebody else made, in the fake account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lakehouse.config.network import INTERFACE_SERVICES

REGION = "eu-central-1"
VPC = "vpc-0a1b2c3d4e5f60718"
SUBNETS = {
    f"{REGION}a": "subnet-0a1b2c3d4e5f60718",
    f"{REGION}b": "subnet-0b1b2c3d4e5f60718",
}
GROUP = "sg-0a1b2c3d4e5f60718"
TABLE = "rtb-0a1b2c3d4e5f60718"
CIDRS = ("10.60.0.0/16", "100.64.0.0/16")


class LookUpError(Exception):
    """What the provider answers to a look-up that finds none, or several."""


@dataclass
class FakeVpc:
    """Answers about it, as the provider gives them. What is wrong with it is for tests to say."""

    id: str = VPC
    dns_support: bool = True
    dns_hostnames: bool = True
    subnets: dict[str, str] = field(default_factory=lambda: dict(SUBNETS))
    """Zone -> id."""
    free: int = 200
    routes: list[dict[str, Any]] = field(
        default_factory=lambda: [{"cidrBlock": CIDRS[0], "gatewayId": "local"}]
    )
    services: tuple[str, ...] = INTERFACE_SERVICES
    """Those with an interface endpoint."""
    several: tuple[str, ...] = ()
    """Those with more than one; `s3` for the gateway."""
    gateway_tables: tuple[str, ...] | None = (TABLE,)
    """Route tables of the gateway endpoint; nothing is no gateway."""
    private_dns: bool = True
    state: str = "available"
    admits: str = CIDRS[0]
    tags: dict[str, str] = field(default_factory=dict)
    zones: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """Hosted zone -> its name, and whether the VPC resolves it."""
    own_table: bool = True
    """Whether subnets have a route table, or go by the VPC's main one."""

    def answer(self, token: str, args: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer to a look-up; nothing where it is about something else."""
        method = getattr(self, "_" + token.rpartition(":")[2], None)
        answer: dict[str, Any] | None = method(args) if method else None
        return answer

    def _getVpcs(self, args: Mapping[str, Any]) -> dict[str, Any]:
        return {"ids": [self.id] if wanted(args, "vpc-id") == self.id else []}

    def _getVpc(self, args: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": args["id"],
            "cidrBlock": CIDRS[0],
            "cidrBlockAssociations": [{"cidrBlock": each} for each in CIDRS],
            "enableDnsSupport": self.dns_support,
            "enableDnsHostnames": self.dns_hostnames,
            "mainRouteTableId": TABLE,
        }

    def _getSubnets(self, args: Mapping[str, Any]) -> dict[str, Any]:
        return {"ids": list(self.subnets.values()) if wanted(args, "vpc-id") == self.id else []}

    def _getSubnet(self, args: Mapping[str, Any]) -> dict[str, Any]:
        number, zone = next(
            (number, zone)
            for number, (zone, each) in enumerate(self.subnets.items(), start=1)
            if each == args["id"]
        )
        return {
            "id": args["id"],
            "availabilityZone": zone,
            "cidrBlock": f"10.60.{number}.0/24",
            "availableIpAddressCount": self.free,
        }

    def _getRouteTables(self, args: Mapping[str, Any]) -> dict[str, Any]:
        assert wanted(args, "association.subnet-id") in self.subnets.values()
        return {"ids": [TABLE] if self.own_table else []}

    def _getRouteTable(self, args: Mapping[str, Any]) -> dict[str, Any]:
        assert args["routeTableId"] == TABLE
        return {"routes": [{"gatewayId": "", **each} for each in self.routes]}

    def _getVpcEndpoint(self, args: Mapping[str, Any]) -> dict[str, Any]:
        kind = wanted(args, "vpc-endpoint-type")
        name = args["serviceName"].removeprefix("com.amazonaws.").removeprefix(f"{REGION}.")
        names = {each.partition("@")[0] for each in self.services}
        there = self.gateway_tables is not None if kind == "Gateway" else name in names
        if name in self.several:
            msg = "multiple EC2 VPC Endpoints matched; use additional constraints"
            raise LookUpError(msg)
        if not there:
            msg = "no matching EC2 VPC Endpoint found"
            raise LookUpError(msg)
        common = {"id": f"vpce-{name}", "state": self.state, "tags": self.tags}
        if kind == "Gateway":
            tables = list(self.gateway_tables or ())
            own = {"routeTableIds": tables, "prefixListId": "pl-given", "securityGroupIds": []}
            return {**common, **own, "privateDnsEnabled": False}
        own = {"routeTableIds": [], "prefixListId": "", "securityGroupIds": [GROUP]}
        return {**common, **own, "privateDnsEnabled": self.private_dns}

    def _getSecurityGroupRules(self, args: Mapping[str, Any]) -> dict[str, Any]:
        assert wanted(args, "group-id") == GROUP
        return {"ids": ["sgr-in", "sgr-out"]}

    def _getSecurityGroupRule(self, args: Mapping[str, Any]) -> dict[str, Any]:
        if args["securityGroupRuleId"] == "sgr-out":
            return {"isEgress": True, "cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1"}
        ports = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
        return {"isEgress": False, "cidrIpv4": self.admits, **ports}

    def _getZone(self, args: Mapping[str, Any]) -> dict[str, Any]:
        for identifier, (name, resolved) in self.zones.items():
            if args.get("zoneId") == identifier or (resolved and args.get("name") == name):
                own = {"zoneId": identifier, "name": f"{name}.", "privateZone": True}
                return {**own, "id": identifier}
        msg = "no matching Route 53 Hosted Zone found"
        raise LookUpError(msg)


def wanted(args: Mapping[str, Any], name: str) -> str:
    """What a look-up filters by."""
    (values,) = [each["values"] for each in args["filters"] if each["name"] == name]
    (value,) = values
    return str(value)
