"""A VPC as a platform team leaves it, made by its own hands in an emulated account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lakehouse.config.network import INTERFACE_SERVICES
from tests.engine.accounts import REGION, client

CIDR = "10.60.0.0/16"
ZONES = {f"{REGION}a": "10.60.1.0/24", f"{REGION}b": "10.60.2.0/24"}


@dataclass(frozen=True, kw_only=True)
class GivenVpc:
    """Ids of what was made."""

    url: str
    id: str
    subnets: dict[str, str]
    route_table: str
    group: str

    def settings(self, **changes: Any) -> dict[str, Any]:
        """`network.vpc` of a stack that joins it."""
        return {"id": self.id, "subnets": self.subnets, **changes}

    def picture(self) -> dict[str, Any]:
        """All there is in the VPC: a stack that came and went leaves an equal one."""
        ec2 = client(self.url, "ec2")
        here = [{"Name": "vpc-id", "Values": [self.id]}]
        attributes = ("enableDnsSupport", "enableDnsHostnames")
        return {
            "vpc": ec2.describe_vpcs(VpcIds=[self.id])["Vpcs"],
            "attributes": [
                ec2.describe_vpc_attribute(VpcId=self.id, Attribute=each)[
                    each[0].upper() + each[1:]
                ]
                for each in attributes
            ],
            "subnets": [
                # Terminated machines keep their address in the emulated account for a while.
                {key: value for key, value in each.items() if key != "AvailableIpAddressCount"}
                for each in ec2.describe_subnets(Filters=here)["Subnets"]
            ],
            "route_tables": ec2.describe_route_tables(Filters=here)["RouteTables"],
            "endpoints": [
                each
                for each in ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]
                if each["State"] != "deleted"
            ],
            "groups": ec2.describe_security_groups(Filters=here)["SecurityGroups"],
            "rules": ec2.describe_security_group_rules(
                Filters=[{"Name": "group-id", "Values": [self.group]}]
            )["SecurityGroupRules"],
            "flow_logs": ec2.describe_flow_logs(
                Filters=[{"Name": "resource-id", "Values": [self.id, *self.subnets.values()]}]
            )["FlowLogs"],
        }


def make(
    url: str, services: Iterable[str] = INTERFACE_SERVICES, *, gateway: bool = True
) -> GivenVpc:
    """A VPC with a private subnet in each zone, and the endpoints of these services."""
    ec2 = client(url, "ec2")
    vpc = ec2.create_vpc(CidrBlock=CIDR)["Vpc"]["VpcId"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    subnets = {}
    for zone, cidr in ZONES.items():
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)
        subnets[zone] = made["Subnet"]["SubnetId"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[zone])
    group = ec2.create_security_group(
        VpcId=vpc, GroupName="endpoints", Description="Endpoints for everybody in the VPC"
    )["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "IpRanges": [{"CidrIp": CIDR, "Description": "the VPC"}],
            }
        ],
    )
    given = GivenVpc(url=url, id=vpc, subnets=subnets, route_table=table, group=group)
    if gateway:
        ec2.create_vpc_endpoint(
            VpcId=vpc,
            ServiceName=f"com.amazonaws.{REGION}.s3",
            VpcEndpointType="Gateway",
            RouteTableIds=[table],
        )
    for service in services:
        add_endpoint(given, service)
    return given


def add_endpoint(given: GivenVpc, service: str) -> str:
    """An interface endpoint with private DNS. Returns its id."""
    name, _, home = service.partition("@")
    made = client(given.url, "ec2").create_vpc_endpoint(
        VpcId=given.id,
        ServiceName=f"com.amazonaws.{name}" if home else f"com.amazonaws.{REGION}.{name}",
        VpcEndpointType="Interface",
        SubnetIds=list(given.subnets.values()),
        SecurityGroupIds=[given.group],
        PrivateDnsEnabled=True,
    )
    return str(made["VpcEndpoint"]["VpcEndpointId"])
