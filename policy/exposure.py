"""Rules about reach: nothing is public, and there is no way to or from the internet."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, Final

from policy.documents import Statement, statements
from policy.resource import Properties, Resource, is_true

WIDEST: Final = {4: 8, 6: 32}
"""Shortest prefix that a rule may open, by IP version: what is wider is the internet."""

_RESOURCE_POLICIES: Final = {
    "cloudwatch.LogResourcePolicy": "policyDocument",
    "ec2.VpcEndpoint": "policy",
    "ec2.VpcEndpointPolicy": "policy",
    "ecr.RepositoryPolicy": "policy",
    "glue.ResourcePolicy": "policy",
    "iam.Role": "assumeRolePolicy",
    "kms.Key": "policy",
    "kms.KeyPolicy": "policy",
    "s3.Bucket": "policy",
    "s3.BucketPolicy": "policy",
    "s3tables.TableBucketPolicy": "resourcePolicy",
    "s3tables.TablePolicy": "resourcePolicy",
    "secretsmanager.SecretPolicy": "policy",
    "sns.Topic": "policy",
    "sns.TopicPolicy": "policy",
    "sqs.Queue": "policy",
    "sqs.QueuePolicy": "policy",
}
"""Where kinds keep the document that says who may use them."""

_UNGUARDED: Final = frozenset({"route53"})
"""Services of AWS whose endpoints are not documented to take a policy."""

_NARROWING: Final = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "kms:calleraccount",
    }
)
"""Conditions that turn everybody into somebody."""

_WAYS_OUT: Final = frozenset(
    {
        "ec2.EgressOnlyInternetGateway",
        "ec2.Eip",
        "ec2.EipAssociation",
        "ec2.InternetGateway",
        "ec2.InternetGatewayAttachment",
        "ec2.NatGateway",
    }
)

EGRESS: Final = "millrace:egress"
EGRESS_MODES: Final = ("nat", "nat-per-zone")
"""The tag that is on what `network.egress` makes, and its values. Owners cannot set it by hand in
a stack file: keys that begin with millrace: are refused there."""

HTTPS: Final = 443

_NAT: Final = frozenset(
    {"ec2.Eip", "ec2.InternetGateway", "ec2.NatGateway", "ec2.RouteTable", "ec2.Subnet"}
)
"""What NAT is made of. A route to a NAT gateway is judged by the gateway, since it has no tags."""

_BLOCKS: Final = (
    "blockPublicAcls",
    "blockPublicPolicy",
    "ignorePublicAcls",
    "restrictPublicBuckets",
)


def private(resource: Resource) -> Iterator[str]:
    """No public address, endpoint, bucket, database or image."""
    match resource.kind:
        case "ec2.Subnet" if is_true(resource.get("mapPublicIpOnLaunch")):
            yield f"Give machines in {resource.label} no public address."
        case "ec2.Instance" if is_true(resource.get("associatePublicIpAddress")):
            yield f"Give {resource.label} no public address."
        case "ec2.LaunchTemplate":
            for interface in resource.parts("networkInterfaces"):
                if is_true(interface.get("associatePublicIpAddress")):
                    yield f"Give machines of {resource.label} no public address."
        case "lb.LoadBalancer" if not is_true(resource.get("internal")):
            yield f"Make {resource.label} internal: set internal to true."
        case "s3.BucketPublicAccessBlock":
            for block in _BLOCKS:
                if not is_true(resource.get(block)):
                    yield f"Set {block} of {resource.label} to true."
        case "s3.Bucket" | "s3.BucketAcl" if str(resource.get("acl")).startswith("public"):
            yield f"Take the public ACL off {resource.label}."
        case "rds.Instance" | "rds.ClusterInstance" if is_true(resource.get("publiclyAccessible")):
            yield f"Take {resource.label} off the internet: set publiclyAccessible to false."
        case "ec2.AmiLaunchPermission" if resource.get("group") == "all":
            yield f"Name the accounts that {resource.label} is for, not all."
        case "lambda.FunctionUrl" if resource.get("authorizationType") != "AWS_IAM":
            yield f"Let only signed requests through {resource.label}: use AWS_IAM."
        case "lambda.Permission" if resource.get("principal") == "*":
            yield f"Name the principal of {resource.label}."


def named_principals(resource: Resource) -> Iterator[str]:
    """A resource's own policy names who may use it."""
    key = _RESOURCE_POLICIES.get(resource.kind)
    for each in statements(resource.get(key)) if key else ():
        if each.allows and _everybody(each):
            yield (
                f"Name the principals in statement {each.sid} of {resource.label}, or bind it to "
                "an account or a source by condition: it lets everybody in."
            )


def _everybody(statement: Statement) -> bool:
    if "NotPrincipal" in statement.inverted:
        return True
    return "*" in statement.principals and not statement.condition_keys & _NARROWING


def guarded(resource: Resource) -> Iterator[str]:
    """An endpoint of AWS has a policy of its own: without one everybody passes to everything."""
    name = str(resource.get("serviceName") or "").rpartition(".")[2]
    unguarded = resource.kind == "ec2.VpcEndpoint" and not resource.get("policy")
    if unguarded and name not in _UNGUARDED:
        yield f"Say who may pass {resource.label}: set policy."


def closed(resource: Resource) -> Iterator[str]:
    """Security groups name networks, never the internet, in either direction."""
    match resource.kind:
        case "vpc.SecurityGroupEgressRule" if _is_egress(resource) and _is_https(resource):
            ranges = []
        case "vpc.SecurityGroupIngressRule" | "vpc.SecurityGroupEgressRule":
            ranges = [resource.get("cidrIpv4"), resource.get("cidrIpv6")]
        case "ec2.SecurityGroupRule":
            ranges = _ranges(resource.properties)
        case "ec2.SecurityGroup" | "ec2.DefaultSecurityGroup":
            rules = [*resource.parts("ingress"), *resource.parts("egress")]
            ranges = [each for rule in rules for each in _ranges(rule)]
        case _:
            ranges = []
    for each in ranges:
        if each and is_internet(str(each)):
            yield f"Name the networks that {resource.label} is about: {each} is the internet."


def _ranges(rule: Properties) -> list[Any]:
    return [*(rule.get("cidrBlocks") or ()), *(rule.get("ipv6CidrBlocks") or ())]


def _is_egress(resource: Resource) -> bool:
    """Whether the owner asked for it by `network.egress`: outwards only, through NAT."""
    return resource.part("tags").get(EGRESS) in EGRESS_MODES


def _is_https(rule: Resource) -> bool:
    wanted = ("tcp", HTTPS, HTTPS)
    return (rule.get("ipProtocol"), rule.get("fromPort"), rule.get("toPort")) == wanted


def is_internet(cidr: str) -> bool:
    """Whether a range is so wide that it names nobody."""
    network = ipaddress.ip_network(cidr, strict=False)
    return network.prefixlen < WIDEST[network.version]


def enclosed(resource: Resource) -> Iterator[str]:
    """No gateway to the internet and no route to one, but for NAT that the owner asked for."""
    if _is_egress(resource) and resource.kind in _NAT:
        return
    if resource.kind in _WAYS_OUT:
        yield f"Remove {resource.label}: machines reach AWS through endpoints, and nothing else."
    routes: list[Properties] = []
    if resource.kind == "ec2.Route" and not resource.get("natGatewayId"):
        routes = [resource.properties]
    elif resource.kind in ("ec2.RouteTable", "ec2.DefaultRouteTable"):
        routes = list(resource.parts("routes"))
    for route in routes:
        target = route.get("destinationCidrBlock") or route.get("cidrBlock")
        target = target or route.get("destinationIpv6CidrBlock") or route.get("ipv6CidrBlock")
        if target and is_internet(str(target)):
            yield f"Remove the route to {target} from {resource.label}: it leads to the internet."
