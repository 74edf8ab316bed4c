"""Network: private subnets in a VPC, the ways to AWS out of it, and its private DNS zone.

The VPC is built or joined. One that is joined stays as it is: the stack adds security groups of
its own and, where the owner says so, endpoints; it takes nothing over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components import _network_egress, _network_endpoints
from components._base import LakehouseComponent
from components._firewall import Groups, Peers, rules
from lakehouse.config import NetworkConfig
from lakehouse.given_vpc import Joined
from lakehouse.policies import Account
from lakehouse.subnets import AddressPlan

_PURPOSES = {
    "leader": "Leaders: gateway, Spark Connect, Spark master",
    "worker": "Workers: Spark worker and executors",
    "endpoint": "The load balancer that clients talk to",
    "services": "Interface endpoints of AWS services",
}


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Inputs of `Network`."""

    account: Account
    """Where it is; endpoints are of its region's services and for its principals."""
    shape: NetworkConfig
    """Addresses, zones, names and who may reach in, as the owner describes them."""
    joined: Joined | None = None
    """What is known of the VPC that is joined; nothing builds one."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child."""


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A VPC, whoever made it."""

    vpc_id: pulumi.Output[str]
    cidrs: Sequence[str]
    subnet_ids: Sequence[pulumi.Output[str]]
    route_tables: Sequence[pulumi.Output[str]]
    """Where the way to S3 is added."""


class Network(LakehouseComponent):
    """Where everything else lives."""

    vpc_id: pulumi.Output[str]
    subnet_ids: pulumi.Output[Sequence[str]]
    zone_id: pulumi.Output[str]
    leader_security_group_id: pulumi.Output[str]
    worker_security_group_id: pulumi.Output[str]
    endpoint_security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.tags, opts)
        self._args = args
        joined = args.joined
        place = self._build() if joined is None else self._join(joined)
        services = args.shape.interface_services if joined is None else joined.services
        groups = self._security_groups(place, with_services=bool(services))
        # Endpoints in somebody's VPC answer to all of it.
        least = joined is None and args.shape.endpoint_policies == "least"
        if joined is not None and joined.s3_prefix_list:
            prefix_list = pulumi.Output.from_input(joined.s3_prefix_list)
        else:
            prefix_list = _network_endpoints.s3(
                self, args.account, place.vpc_id, place.route_tables, least=least
            )
        self._rules(place, groups, prefix_list)
        for service in services:
            assert groups.services is not None, "made wherever there are services"
            _network_endpoints.interface(
                self,
                args.account,
                service,
                place.vpc_id,
                place.subnet_ids,
                groups.services,
                least=least,
            )
        self.vpc_id = place.vpc_id
        self.subnet_ids = pulumi.Output.all(*place.subnet_ids)
        self.zone_id = self._zone(place, name)
        self.leader_security_group_id = groups.leader
        self.worker_security_group_id = groups.worker
        self.endpoint_security_group_id = groups.endpoint
        self.publish()

    def _build(self) -> _Place:
        shape = self._args.shape
        vpc = aws.ec2.Vpc(
            self.child("vpc"),
            cidr_block=shape.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self.tags("vpc"),
            opts=self.child_opts(),
        )
        # AWS makes one that lets its members talk; taken over and emptied, it lets nobody.
        aws.ec2.DefaultSecurityGroup(
            self.child("default"),
            vpc_id=vpc.id,
            tags=self.tags("default"),
            opts=self.child_opts(),
        )
        plan = AddressPlan(shape.cidr)
        made = [self._private(vpc, zone, plan.private(zone)) for zone in shape.zones]
        if shape.egress != "none":
            tables = {zone: table.id for zone, (_, table) in zip(shape.zones, made, strict=True)}
            _network_egress.way_out(self, shape.egress, plan, vpc.id, tables)
        return _Place(
            vpc_id=vpc.id,
            cidrs=[shape.cidr],
            subnet_ids=[subnet.id for subnet, _ in made],
            route_tables=[table.id for _, table in made],
        )

    def _join(self, joined: Joined) -> _Place:
        vpc = self._args.shape.vpc
        assert vpc is not None, "joined is known of a VPC that is named"
        return _Place(
            vpc_id=pulumi.Output.from_input(joined.id),
            cidrs=joined.cidrs,
            subnet_ids=[pulumi.Output.from_input(each) for each in joined.subnet_ids],
            route_tables=[pulumi.Output.from_input(each) for each in vpc.route_tables],
        )

    def _private(
        self, vpc: aws.ec2.Vpc, zone: str, cidr: str
    ) -> tuple[aws.ec2.Subnet, aws.ec2.RouteTable]:
        suffix = f"private-{zone}"
        subnet = aws.ec2.Subnet(
            self.child(suffix),
            vpc_id=vpc.id,
            cidr_block=cidr,
            availability_zone=zone,
            map_public_ip_on_launch=False,
            tags=self.tags(suffix),
            opts=self.child_opts(),
        )
        table = aws.ec2.RouteTable(
            self.child(suffix), vpc_id=vpc.id, tags=self.tags(suffix), opts=self.child_opts()
        )
        aws.ec2.RouteTableAssociation(
            self.child(suffix),
            subnet_id=subnet.id,
            route_table_id=table.id,
            opts=self.child_opts(),
        )
        return subnet, table

    def _security_groups(self, place: _Place, *, with_services: bool) -> Groups:
        made = {
            suffix: aws.ec2.SecurityGroup(
                self.child(suffix),
                vpc_id=place.vpc_id,
                description=purpose,
                tags=self.tags(suffix),
                opts=self.child_opts(),
            ).id
            for suffix, purpose in _PURPOSES.items()
            if suffix != "services" or with_services
        }
        return Groups(**made)

    def _rules(self, place: _Place, groups: Groups, s3_prefix_list: pulumi.Output[str]) -> None:
        shape, joined = self._args.shape, self._args.joined
        peers = Peers(
            clients=shape.clients or tuple(place.cidrs),
            ssh_from=shape.ssh_from,
            s3_prefix_list=s3_prefix_list,
            # Names of endpoints that are made in somebody's VPC are resolved by all of it.
            services_for=tuple(place.cidrs) if joined else (),
            given_services=joined.groups if joined else (),
            internet=shape.egress != "none",
        )
        for rule in rules(groups, peers):
            kind = (
                aws.vpc.SecurityGroupIngressRule
                if rule.direction == "in"
                else aws.vpc.SecurityGroupEgressRule
            )
            kind(
                self.child(rule.name),
                security_group_id=rule.group,
                referenced_security_group_id=rule.peer_group,
                cidr_ipv4=rule.peer_cidr,
                prefix_list_id=rule.peer_prefix_list,
                ip_protocol="tcp",
                from_port=rule.first_port,
                to_port=rule.last_port,
                description=rule.description,
                tags=self.tags(
                    rule.name, **({_network_egress.TAG: shape.egress} if rule.internet else {})
                ),
                opts=self.child_opts(),
            )

    def _zone(self, place: _Place, name: str) -> pulumi.Output[str]:
        args = self._args
        if args.joined is not None and args.joined.zone_id:
            return pulumi.Output.from_input(args.joined.zone_id)
        return aws.route53.Zone(
            self.child("zone"),
            name=args.shape.zone_name,
            comment=f"Names of {name}",
            vpcs=[aws.route53.ZoneVpcArgs(vpc_id=place.vpc_id, vpc_region=args.account.region)],
            # Leaders keep records of their own in it, which nobody else would remove.
            force_destroy=True,
            tags=self.tags("zone"),
            opts=self.child_opts(),
        ).zone_id
