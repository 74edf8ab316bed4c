"""Network: a VPC of private subnets, the ways to AWS out of it, and its private DNS zone.

There is no internet gateway, no NAT and no public subnet: what is not an endpoint of AWS or
a peered network cannot be reached, and cannot reach in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from components._firewall import Groups, rules
from lakehouse.config import NetworkConfig
from lakehouse.subnets import AddressPlan


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Inputs of `Network`."""

    region: str
    """Region of the stack; endpoints are of its services."""
    shape: NetworkConfig
    """Addresses, zones, names and who may reach in, as the owner describes them."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child."""


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
        vpc = aws.ec2.Vpc(
            self.child("vpc"),
            cidr_block=args.shape.cidr,
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
        subnets, tables = self._subnets(args, vpc)
        s3 = aws.ec2.VpcEndpoint(
            self.child("s3"),
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{args.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            tags=self.tags("s3"),
            opts=self.child_opts(),
        )
        groups = self._security_groups(vpc)
        self._rules(args.shape, groups, s3.prefix_list_id)
        for service in args.shape.interface_services:
            self._interface_endpoint(service, args.region, vpc, subnets, groups.services)
        zone = aws.route53.Zone(
            self.child("zone"),
            name=args.shape.zone_name,
            comment=f"Names of {name}",
            vpcs=[aws.route53.ZoneVpcArgs(vpc_id=vpc.id, vpc_region=args.region)],
            # Leaders keep records of their own in it, which nobody else would remove.
            force_destroy=True,
            tags=self.tags("zone"),
            opts=self.child_opts(),
        )
        self.vpc_id = vpc.id
        self.subnet_ids = pulumi.Output.all(*(subnet.id for subnet in subnets))
        self.zone_id = zone.zone_id
        self.leader_security_group_id = groups.leader
        self.worker_security_group_id = groups.worker
        self.endpoint_security_group_id = groups.endpoint
        self.publish()

    def _subnets(
        self, args: NetworkArgs, vpc: aws.ec2.Vpc
    ) -> tuple[list[aws.ec2.Subnet], list[aws.ec2.RouteTable]]:
        plan = AddressPlan(args.shape.cidr)
        subnets, tables = [], []
        for zone in args.shape.zones:
            suffix = f"private-{zone}"
            subnet = aws.ec2.Subnet(
                self.child(suffix),
                vpc_id=vpc.id,
                cidr_block=plan.private(zone),
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
            subnets.append(subnet)
            tables.append(table)
        return subnets, tables

    def _security_groups(self, vpc: aws.ec2.Vpc) -> Groups:
        purposes = {
            "leader": "Leaders: gateway, Spark Connect, Spark master",
            "worker": "Workers: Spark worker and executors",
            "endpoint": "The load balancer that clients talk to",
            "services": "Interface endpoints of AWS services",
        }
        made = {
            suffix: aws.ec2.SecurityGroup(
                self.child(suffix),
                vpc_id=vpc.id,
                description=purpose,
                tags=self.tags(suffix),
                opts=self.child_opts(),
            ).id
            for suffix, purpose in purposes.items()
        }
        return Groups(**made)

    def _rules(
        self, shape: NetworkConfig, groups: Groups, s3_prefix_list: pulumi.Output[str]
    ) -> None:
        table = rules(
            groups,
            clients=shape.clients or (shape.cidr,),
            ssh_from=shape.ssh_from,
            s3_prefix_list=s3_prefix_list,
        )
        for rule in table:
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
                tags=self.tags(rule.name),
                opts=self.child_opts(),
            )

    def _interface_endpoint(
        self,
        service: str,
        region: str,
        vpc: aws.ec2.Vpc,
        subnets: Sequence[aws.ec2.Subnet],
        security_group: pulumi.Output[str],
    ) -> None:
        local_name, _, home = service.partition("@")
        aws.ec2.VpcEndpoint(
            self.child(local_name),
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{local_name}"
            if home
            else f"com.amazonaws.{region}.{local_name}",
            # A global service has its endpoint service in one region only.
            service_region=home if home and home != region else None,
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=[subnet.id for subnet in subnets],
            security_group_ids=[security_group],
            tags=self.tags(local_name),
            opts=self.child_opts(),
        )
