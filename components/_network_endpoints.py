"""The ways from a VPC to AWS services."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from components._network_facts import service_name
from lakehouse import endpoint_policies
from lakehouse.endpoint_policies import gateway, of_account
from lakehouse.policies import Account, as_json


def s3(
    parent: LakehouseComponent,
    account: Account,
    vpc_id: pulumi.Output[str],
    route_tables: Sequence[pulumi.Output[str]],
    *,
    least: bool,
) -> pulumi.Output[str]:
    """The gateway to S3 in these route tables. Returns the prefix list of S3's addresses."""
    return aws.ec2.VpcEndpoint(
        parent.child("s3"),
        vpc_id=vpc_id,
        service_name=service_name("s3", account.region),
        vpc_endpoint_type="Gateway",
        route_table_ids=list(route_tables),
        policy=as_json(gateway(account) if least else of_account(account)),
        tags=parent.tags("s3"),
        opts=parent.child_opts(),
    ).prefix_list_id


def interface(
    parent: LakehouseComponent,
    account: Account,
    service: str,
    vpc_id: pulumi.Output[str],
    subnet_ids: Sequence[pulumi.Output[str]],
    security_group: pulumi.Output[str],
    *,
    least: bool,
) -> None:
    """An endpoint with addresses in each subnet, that answers to the service's own name."""
    name, _, home = service.partition("@")
    policy = endpoint_policies.interface(service, account)
    if policy is not None and not least:
        policy = of_account(account)
    aws.ec2.VpcEndpoint(
        parent.child(name),
        vpc_id=vpc_id,
        service_name=service_name(service, account.region),
        # A global service has its endpoint service in one region only.
        service_region=home if home and home != account.region else None,
        vpc_endpoint_type="Interface",
        private_dns_enabled=True,
        subnet_ids=list(subnet_ids),
        security_group_ids=[security_group],
        policy=None if policy is None else as_json(policy),
        tags=parent.tags(name),
        opts=parent.child_opts(),
    )
