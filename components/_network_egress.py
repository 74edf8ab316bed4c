"""The way to the internet, where the owner wants one: outwards only, through NAT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from components._firewall import ANYWHERE
from lakehouse.subnets import AddressPlan

TAG: Final = "millrace:egress"
"""What is made for the way out says so, with the mode: policy rules allow it by this alone."""


def way_out(
    parent: LakehouseComponent,
    mode: str,
    plan: AddressPlan,
    vpc_id: pulumi.Output[str],
    private_tables: Mapping[str, pulumi.Output[str]],
) -> None:
    """NAT gateways in public subnets, and routes to them from each zone's private table.

    With `nat` there is one, in the first zone, and the others depend on it; with `nat-per-zone`
    each zone has its own.
    """
    zones = sorted(private_tables)
    tag = {TAG: mode}
    gateway = aws.ec2.InternetGateway(
        parent.child("internet"),
        vpc_id=vpc_id,
        tags=parent.tags("internet", **tag),
        opts=parent.child_opts(),
    )
    table = aws.ec2.RouteTable(
        parent.child("public"),
        vpc_id=vpc_id,
        routes=[aws.ec2.RouteTableRouteArgs(cidr_block=ANYWHERE, gateway_id=gateway.id)],
        tags=parent.tags("public", **tag),
        opts=parent.child_opts(),
    )
    homes = zones if mode == "nat-per-zone" else zones[:1]
    made = {
        zone: _nat(parent, zone, plan.public(zone), vpc_id, table, gateway, tag) for zone in homes
    }
    for zone in zones:
        aws.ec2.Route(
            parent.child(f"internet-{zone}"),
            route_table_id=private_tables[zone],
            destination_cidr_block=ANYWHERE,
            nat_gateway_id=made.get(zone, made[homes[0]]),
            opts=parent.child_opts(),
        )


def _nat(
    parent: LakehouseComponent,
    zone: str,
    cidr: str,
    vpc_id: pulumi.Output[str],
    table: aws.ec2.RouteTable,
    gateway: aws.ec2.InternetGateway,
    tag: Mapping[str, str],
) -> pulumi.Output[str]:
    public, suffix = f"public-{zone}", f"nat-{zone}"
    subnet = aws.ec2.Subnet(
        parent.child(public),
        vpc_id=vpc_id,
        cidr_block=cidr,
        availability_zone=zone,
        map_public_ip_on_launch=False,
        tags=parent.tags(public, **tag),
        opts=parent.child_opts(),
    )
    aws.ec2.RouteTableAssociation(
        parent.child(public),
        subnet_id=subnet.id,
        route_table_id=table.id,
        opts=parent.child_opts(),
    )
    address = aws.ec2.Eip(
        parent.child(suffix),
        domain="vpc",
        tags=parent.tags(suffix, **tag),
        opts=parent.child_opts(),
    )
    return aws.ec2.NatGateway(
        parent.child(suffix),
        subnet_id=subnet.id,
        allocation_id=address.id,
        tags=parent.tags(suffix, **tag),
        # A NAT gateway cannot be made before its VPC has a way to the internet (VPC user guide).
        opts=parent.child_opts(depends_on=[gateway]),
    ).id
