"""What an account holds, as its own APIs list it: to tell what came, what went, what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3

from tests.engine.accounts import client

Entry = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One kind of resource, and the call that lists all of them."""

    call: str
    """service.operation"""
    entries: str
    """Where the answer has the list; a dot goes one level down in every entry of a list."""
    key: str = ""
    """Property by which an entry is known; none where an entry is a name or all there is to it."""
    arguments: dict[str, Any] = field(default_factory=dict)
    of: str = ""
    """Listing whose entries are asked one by one, and the argument that names each."""


LISTINGS = (
    Listing(call="ec2.describe_vpcs", entries="Vpcs", key="VpcId"),
    Listing(call="ec2.describe_subnets", entries="Subnets", key="SubnetId"),
    Listing(call="ec2.describe_route_tables", entries="RouteTables", key="RouteTableId"),
    Listing(call="ec2.describe_network_acls", entries="NetworkAcls", key="NetworkAclId"),
    Listing(call="ec2.describe_dhcp_options", entries="DhcpOptions", key="DhcpOptionsId"),
    Listing(
        call="ec2.describe_internet_gateways", entries="InternetGateways", key="InternetGatewayId"
    ),
    Listing(call="ec2.describe_nat_gateways", entries="NatGateways", key="NatGatewayId"),
    Listing(call="ec2.describe_addresses", entries="Addresses", key="AllocationId"),
    Listing(call="ec2.describe_security_groups", entries="SecurityGroups", key="GroupId"),
    Listing(
        call="ec2.describe_security_group_rules",
        entries="SecurityGroupRules",
        key="SecurityGroupRuleId",
    ),
    Listing(call="ec2.describe_vpc_endpoints", entries="VpcEndpoints", key="VpcEndpointId"),
    Listing(call="ec2.describe_flow_logs", entries="FlowLogs", key="FlowLogId"),
    Listing(
        call="ec2.describe_network_interfaces",
        entries="NetworkInterfaces",
        key="NetworkInterfaceId",
    ),
    Listing(
        call="ec2.describe_launch_templates", entries="LaunchTemplates", key="LaunchTemplateId"
    ),
    Listing(call="ec2.describe_instances", entries="Reservations.Instances", key="InstanceId"),
    Listing(call="ec2.describe_volumes", entries="Volumes", key="VolumeId"),
    Listing(call="ec2.describe_key_pairs", entries="KeyPairs", key="KeyName"),
    Listing(
        call="ec2.describe_images", entries="Images", key="ImageId", arguments={"Owners": ["self"]}
    ),
    Listing(
        call="autoscaling.describe_auto_scaling_groups",
        entries="AutoScalingGroups",
        key="AutoScalingGroupName",
    ),
    Listing(call="elbv2.describe_load_balancers", entries="LoadBalancers", key="LoadBalancerArn"),
    Listing(
        call="elbv2.describe_listeners",
        entries="Listeners",
        key="ListenerArn",
        of="elbv2.describe_load_balancers LoadBalancerArn",
    ),
    Listing(call="elbv2.describe_target_groups", entries="TargetGroups", key="TargetGroupArn"),
    Listing(call="route53.list_hosted_zones", entries="HostedZones", key="Id"),
    Listing(
        call="route53.list_resource_record_sets",
        entries="ResourceRecordSets",
        of="route53.list_hosted_zones HostedZoneId",
    ),
    Listing(call="iam.list_roles", entries="Roles", key="Arn"),
    Listing(call="iam.list_role_policies", entries="PolicyNames", of="iam.list_roles RoleName"),
    Listing(
        call="iam.list_attached_role_policies",
        entries="AttachedPolicies",
        of="iam.list_roles RoleName",
    ),
    Listing(call="iam.list_instance_profiles", entries="InstanceProfiles", key="Arn"),
    Listing(call="iam.list_policies", entries="Policies", key="Arn", arguments={"Scope": "Local"}),
    Listing(call="iam.list_users", entries="Users", key="Arn"),
    Listing(call="kms.list_keys", entries="Keys", key="KeyId"),
    Listing(call="kms.describe_key", entries="KeyMetadata", of="kms.list_keys KeyId"),
    Listing(call="kms.list_aliases", entries="Aliases", key="AliasName"),
    Listing(call="secretsmanager.list_secrets", entries="SecretList", key="ARN"),
    Listing(call="ssm.describe_parameters", entries="Parameters", key="Name"),
    Listing(call="s3.list_buckets", entries="Buckets", key="Name"),
    Listing(call="s3.list_objects_v2", entries="Contents", key="Key", of="s3.list_buckets Bucket"),
    Listing(call="s3tables.list_table_buckets", entries="tableBuckets", key="arn"),
    Listing(
        call="s3tables.list_namespaces",
        entries="namespaces",
        key="namespace",
        of="s3tables.list_table_buckets tableBucketARN",
    ),
    Listing(
        call="s3tables.list_tables",
        entries="tables",
        key="tableARN",
        of="s3tables.list_table_buckets tableBucketARN",
    ),
    Listing(call="glue.get_catalogs", entries="CatalogList", key="CatalogId"),
    Listing(call="glue.get_databases", entries="DatabaseList", key="Name"),
    Listing(call="lakeformation.get_data_lake_settings", entries="DataLakeSettings"),
    Listing(call="lakeformation.list_permissions", entries="PrincipalResourcePermissions"),
    Listing(call="lakeformation.list_data_cells_filter", entries="DataCellsFilters"),
    Listing(call="lakeformation.list_lf_tags", entries="LFTags", key="TagKey"),
    Listing(call="lakeformation.list_resources", entries="ResourceInfoList", key="ResourceArn"),
    Listing(call="logs.describe_log_groups", entries="logGroups", key="logGroupName"),
    Listing(call="logs.describe_resource_policies", entries="resourcePolicies", key="policyName"),
    Listing(call="logs.describe_metric_filters", entries="metricFilters", key="filterName"),
    Listing(call="cloudwatch.describe_alarms", entries="MetricAlarms", key="AlarmName"),
    Listing(call="cloudwatch.list_dashboards", entries="DashboardEntries", key="DashboardName"),
    Listing(call="sns.list_topics", entries="Topics", key="TopicArn"),
    Listing(call="sns.list_subscriptions", entries="Subscriptions", key="SubscriptionArn"),
    Listing(call="sqs.list_queues", entries="QueueUrls"),
    Listing(call="events.list_rules", entries="Rules", key="Arn"),
    Listing(call="cloudtrail.describe_trails", entries="trailList", key="TrailARN"),
)
"""Everything that a stack of ours makes, and what it could be mixed up with."""

OWN_NAMES = {"HostedZoneId": "Id", "Bucket": "Name", "tableBucketARN": "arn"}
"""Arguments that are called otherwise in the entry that they name."""

STATES = "millrace-states"
"""Bucket of Pulumi's states, and alias of the key of their secrets."""

OBJECTS_OF_STATES = f"s3.list_objects_v2 {STATES} "

AWS_ALIAS = "alias/aws/"
"""Names of keys that AWS makes when a service first needs one begin so."""

PASSING = frozenset({"LastModified", "LastAccessedDate", "LastAccessed", "RoleLastUsed"})
"""Properties that change by being looked at."""

ENDED = (
    {"State": {"Code": 48, "Name": "terminated"}},
    {"State": "deleted"},
    {"KeyState": "PendingDeletion"},
    {"KeyManager": "AWS"},
)
"""Of what is on its way out (AWS shows machines for an hour, keys for days) or AWS's own."""


def held(url: str) -> dict[str, str]:
    """What there is: kind and identity -> the whole entry, as text that can be compared."""
    found: dict[str, str] = {}
    listed: dict[str, list[Entry]] = {}
    clients: dict[str, Any] = {}
    for listing in LISTINGS:
        service, _, operation = listing.call.partition(".")
        api = clients.setdefault(service, client(url, service))
        listed[listing.call] = []
        for arguments in _questions(listing, listed):
            for entry in _answers(api, operation, listing, arguments):
                listed[listing.call].append(entry)
                if not _ended(entry):
                    found[_identity(listing, arguments, entry)] = _text(entry)
    passed_over = {each["KeyId"] for each in listed["kms.describe_key"] if _ended(each)}
    for each in listed["kms.list_aliases"]:
        if each["AliasName"].startswith(AWS_ALIAS):
            passed_over |= {each["AliasName"], each.get("TargetKeyId", "")}
    return {
        name: text for name, text in found.items() if name.rpartition(" ")[2] not in passed_over
    }


def _questions(listing: Listing, listed: dict[str, list[Entry]]) -> Iterator[dict[str, Any]]:
    if not listing.of:
        yield listing.arguments
        return
    parent, _, argument = listing.of.partition(" ")
    for each in listed[parent]:
        yield {**listing.arguments, argument: each[OWN_NAMES.get(argument, argument)]}


def _answers(api: boto3.client, operation: str, listing: Listing, arguments: Entry) -> list[Any]:
    if api.can_paginate(operation):
        pages = list(api.get_paginator(operation).paginate(**arguments))
    else:
        pages = [getattr(api, operation)(**arguments)]
    outer, _, inner = listing.entries.partition(".")
    entries: list[Any] = []
    for page in pages:
        value = page.get(outer, [])
        entries += value if isinstance(value, list) else [value]
    return [each for entry in entries for each in entry[inner]] if inner else entries


def _identity(listing: Listing, arguments: Entry, entry: Any) -> str:
    above = " ".join(str(each) for each in arguments.values()) if listing.of else ""
    own = (
        entry[listing.key] if listing.key else "" if listing.of and _is_one(entry) else _text(entry)
    )
    return " ".join(part for part in (listing.call, above, str(own)) if part)


def _is_one(entry: Any) -> bool:
    """Whether the entry is the description of what was asked about."""
    return isinstance(entry, dict) and "KeyId" in entry


def _ended(entry: Any) -> bool:
    """Whether it is on its way out, or AWS's own: keys that services make for themselves."""
    return isinstance(entry, dict) and any(
        all(entry.get(key) == value for key, value in sign.items()) for sign in ENDED
    )


def _text(entry: Any) -> str:
    if isinstance(entry, dict):
        entry = {key: value for key, value in entry.items() if key not in PASSING}
    return json.dumps(entry, sort_keys=True, default=str)


def difference(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What is not as it was, one line each; none where nothing came, went or changed.

    Pulumi's own states in the account are no part of it: their history stays.
    """
    before, after = (
        {name: text for name, text in each.items() if not name.startswith(OBJECTS_OF_STATES)}
        for each in (before, after)
    )
    gone = [f"- {name}" for name in sorted(before.keys() - after.keys())]
    came = [f"+ {name}" for name in sorted(after.keys() - before.keys())]
    both = sorted(before.keys() & after.keys())
    changed = [
        f"~ {name}: {before[name]} -> {after[name]}" for name in both if before[name] != after[name]
    ]
    return [*gone, *came, *changed]
