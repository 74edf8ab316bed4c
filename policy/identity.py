"""Rules about rights: named actions on named resources, and no policies made for everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from policy.documents import Statement, statements
from policy.resource import Resource

_IDENTITY_POLICIES: Final = frozenset(
    {"iam.GroupPolicy", "iam.Policy", "iam.RolePolicy", "iam.UserPolicy"}
)

_WITHOUT_ARN: Final = re.compile(
    r"""
    autoscaling:Describe\w+ | ec2:Describe\w+ | elasticloadbalancing:Describe\w+
    | cloudwatch:(PutMetricData|GetMetricData|GetMetricStatistics|ListMetrics)
    | ec2messages:\w+ | ssmmessages:\w+
    | ecr:GetAuthorizationToken
    | kms:List(Aliases|Keys)
    | lakeformation:\w+
    | logs:(CreateLogDelivery|DeleteLogDelivery|DescribeResourcePolicies|GetLogDelivery
           |ListLogDeliveries|PutResourcePolicy|UpdateLogDelivery)
    | route53:ListHostedZones(ByName)?
    | s3:ListAllMyBuckets
    | s3tables:(CreateTableBucket|ListTableBuckets)
    | ssm:DescribeInstanceInformation
    | sts:GetCallerIdentity
    | tag:GetResources
    | xray:Put\w+
    """,
    re.VERBOSE,
)
"""Actions that know no resource type (AWS service authorization reference)."""

_WHOLE_CLASS: Final = re.compile(
    r"\*|(alias|bucket|catalog|database|function|hostedzone|key|log-group|parameter|policy|role"
    r"|secret|table|user)[:/]\*.*"
)
"""Last part of an ARN that means everything of its kind."""

_MADE_FOR_EVERYBODY: Final = re.compile(
    r"AdministratorAccess|PowerUserAccess|\w*FullAccess|AWSLakeFormationDataAdmin"
)
"""Managed policies of AWS that give more than any role of ours needs."""

_BOUND_BY_CONDITION: Final = {
    "cloudwatch:PutMetricData": "cloudwatch:namespace",
    "iam:PassRole": "iam:PassedToService",
}
"""Actions whose ARN says too little: they need this condition as well."""


def named_rights(resource: Resource) -> Iterator[str]:
    """Policies of identities name each action, and a resource wherever AWS knows an ARN."""
    for document in _documents(resource):
        for each in statements(document):
            if each.allows:
                yield from _statement(each, resource)


def _documents(resource: Resource) -> Iterator[Any]:
    if resource.kind in _IDENTITY_POLICIES:
        yield resource.get("policy")
    if resource.kind == "iam.Role":
        for inline in resource.parts("inlinePolicies"):
            yield inline.get("policy")


def _statement(statement: Statement, resource: Resource) -> Iterator[str]:
    where = f"statement {statement.sid} of {resource.label}"
    for inverted in statement.inverted:
        yield f"List what {where} allows: {inverted} allows what nobody thought of."
    for action in statement.actions:
        if "*" in action:
            yield f"Name each action in {where}: {action} is more than one."
    for wide in filter(is_whole_class, statement.resources):
        narrow = [each for each in statement.actions if not _WITHOUT_ARN.fullmatch(each)]
        if narrow:
            yield (
                f"Name the resources in {where}: {', '.join(narrow)} can be limited to ARNs, and "
                f"{wide} is all of them."
            )
    for action, key in _BOUND_BY_CONDITION.items():
        if action in statement.actions and key.lower() not in statement.condition_keys:
            yield f"Limit {action} in {where} by a condition on {key}."


def is_whole_class(arn: str) -> bool:
    """Whether a resource of a statement stands for everything of its kind."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return True
    return "*" in parts[2] or _WHOLE_CLASS.fullmatch(parts[5]) is not None


def own_policies(resource: Resource) -> Iterator[str]:
    """Roles hold policies that were written for them."""
    arns: list[Any] = []
    if resource.kind in ("iam.RolePolicyAttachment", "iam.PolicyAttachment"):
        arns = [resource.get("policyArn")]
    elif resource.kind == "iam.Role":
        arns = list(resource.get("managedPolicyArns") or ())
    for arn in arns:
        if _MADE_FOR_EVERYBODY.fullmatch(str(arn).rpartition("/")[2]):
            yield f"Write a policy for {resource.label} instead of {arn}, which gives far more."
