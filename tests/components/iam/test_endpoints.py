"""Endpoint policies and roles agree: what a role may do gets through, and little else does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from lakehouse import endpoint_policies
from lakehouse.config.network import INTERFACE_SERVICES
from lakehouse.policies import Account
from tests.components.iam.evaluator import Decision, Document, Request, decide
from tests.components.iam.roles import BUCKET, TABLE, arn, policies, scaling_leader
from tests.components.recorder import ACCOUNT_ID, REGION

ACCOUNT = Account(region=REGION, account_id=ACCOUNT_ID)
OURS = {"aws:PrincipalAccount": ACCOUNT_ID, "aws:ResourceAccount": ACCOUNT_ID}
THEIRS = "999999999999"

PREFIXES = {"monitoring": "cloudwatch", "ec2messages": "ec2messages"}
"""Where a service's actions do not begin with the endpoint's name."""

ROLES = {
    "leader": policies()["blue-leader"],
    "worker": policies()["blue-worker"],
    "leader that sizes its fleet": scaling_leader(),
}

UNASKED = {
    "autoscaling:DescribeAutoScalingInstances": "what its group's instances say of themselves",
    "sts:GetCallerIdentity": "needs no right: every principal may ask who it is",
}
"""Actions that pass without being in a role, and why."""

BY_READERS = ("glue:", "lakeformation:", "sts:AssumeRole")
"""Those of a Spark that reads as a reader; readers have tests of their own."""

INTERFACES = [
    each.partition("@")[0]
    for each in INTERFACE_SERVICES
    if endpoint_policies.interface(each, ACCOUNT) is not None
]


def without_principal(document: Mapping[str, Any]) -> Document:
    """As the evaluator reads it: every endpoint policy is about everybody, by condition."""
    statements = [dict(each) for each in document["Statement"]]
    assert {each.pop("Principal") for each in statements} == {"*"}
    return {**document, "Statement": statements}


def policy(service: str) -> Document:
    document = endpoint_policies.interface(service, ACCOUNT)
    assert document is not None, f"{service} takes a policy"
    return without_principal(document)


def passes(service: str, action: str, resource: str = "*", **context: str) -> bool:
    request = Request(action=action, resource=resource, context={**OURS, **context})
    return decide(request, [policy(service)]) is Decision.ALLOWED


def rights(documents: list[Document]) -> Iterator[tuple[str, str]]:
    """Each action of a role with each resource it is about."""
    for document in documents:
        for statement in document["Statement"]:
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    yield action, resource


def theirs(service: str, resource: str) -> str:
    """An ARN of another account."""
    return f"arn:aws:{service}:{REGION}:{THEIRS}:{resource}"


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def prefix(service: str) -> str:
    return PREFIXES.get(service, service)


@pytest.mark.parametrize("role", ROLES)
def test_what_a_machine_may_do_gets_through(role: str) -> None:
    ways = {prefix(each): each for each in INTERFACES}
    unguarded = {"route53"}
    for action, resource in rights(ROLES[role]):
        service = action.partition(":")[0]
        if service in unguarded:
            continue
        # The fake account calls secrets by a service of its own making.
        known = resource.replace("arn:aws:secret:", "arn:aws:secretsmanager:")
        known = known.replace(f":{ACCOUNT_ID}:millrace", f":{ACCOUNT_ID}:secret:millrace")
        if service != "secretsmanager":
            known = resource
        known = known.replace("arn:aws:key:", "arn:aws:kms:")
        if service == "kms":
            known = arn("kms", "key/1")
        assert passes(ways[service], action, known), f"{action} on {known}"


@pytest.mark.parametrize("service", INTERFACES)
def test_what_no_machine_may_do_does_not_get_through(service: str) -> None:
    granted = {action for role in ROLES.values() for action, _ in rights(role)}
    for statement in policy(service)["Statement"]:
        for action in listed(statement["Action"]):
            used = action in granted or action.startswith(BY_READERS)
            assert used or UNASKED.get(action), f"{action} passes {service}, and nobody asks for it"


@pytest.mark.parametrize("service", INTERFACES)
def test_keys_of_another_account_are_of_no_use_in_the_network(service: str) -> None:
    for statement in policy(service)["Statement"]:
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                stolen = {"aws:PrincipalAccount": THEIRS}
                assert passes(service, action, resource)
                assert not passes(service, action, resource, **stolen), action


@pytest.mark.parametrize(
    ("service", "action", "resource"),
    [
        ("secretsmanager", "secretsmanager:PutSecretValue", arn("secretsmanager", "secret:a")),
        ("secretsmanager", "secretsmanager:GetSecretValue", theirs("secretsmanager", "secret:a")),
        ("s3tables", "s3tables:DeleteTableBucket", BUCKET),
        ("s3tables", "s3tables:GetTable", theirs("s3tables", "bucket/b/table/t")),
        ("logs", "logs:DeleteLogGroup", arn("logs", "log-group:/a")),
        ("logs", "logs:PutLogEvents", theirs("logs", "log-group:/a:*")),
        ("kms", "kms:ScheduleKeyDeletion", arn("kms", "key/1")),
        ("ec2", "ec2:RunInstances", "*"),
        ("autoscaling", "autoscaling:DeleteAutoScalingGroup", "*"),
        ("sqs", "sqs:SendMessage", theirs("sqs", "out")),
        ("lakeformation", "lakeformation:PutDataLakeSettings", "*"),
    ],
)
def test_what_would_carry_data_out_or_do_harm_does_not_pass(
    service: str, action: str, resource: str
) -> None:
    assert not passes(service, action, resource)


def objects(action: str, **context: str) -> bool:
    document = without_principal(endpoint_policies.gateway(ACCOUNT))
    request = Request(
        action=action, resource="arn:aws:s3:::0f1e--table-s3/data/1", context={**OURS, **context}
    )
    return decide(request, [document]) is Decision.ALLOWED


@pytest.mark.parametrize(
    "action",
    [
        "s3:GetObject",
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "s3tables:GetTableData",
        "s3tables:PutTableData",
    ],
)
def test_files_of_tables_pass_the_gateway(action: str) -> None:
    assert objects(action)


def test_files_of_another_account_do_not_pass_in_either_direction() -> None:
    for action in ("s3:GetObject", "s3:PutObject"):
        assert not objects(action, **{"aws:ResourceAccount": THEIRS}), "data would leave"
        assert not objects(action, **{"aws:PrincipalAccount": THEIRS}), "by somebody else's key"


@pytest.mark.parametrize("action", ["s3:PutBucketPolicy", "s3:DeleteBucket", "s3:PutObjectAcl"])
def test_the_gateway_is_for_files_and_not_for_buckets(action: str) -> None:
    assert not objects(action)


def test_every_service_by_default_is_known_by_name() -> None:
    named = {each.partition("@")[0] for each in INTERFACE_SERVICES}
    general = {
        each for each in named if policy_or_none(each) == endpoint_policies.of_account(ACCOUNT)
    }
    assert general == set(), "say what machines do there"
    unguarded = {each for each in named if policy_or_none(each) is None}
    assert unguarded == endpoint_policies.WITHOUT_POLICY


def policy_or_none(service: str) -> Mapping[str, Any] | None:
    return endpoint_policies.interface(service, ACCOUNT)


def test_a_service_that_somebody_adds_is_for_the_account() -> None:
    document = without_principal(endpoint_policies.of_account(ACCOUNT))
    assert endpoint_policies.interface("athena", ACCOUNT) == endpoint_policies.of_account(ACCOUNT)
    request = Request(action="athena:StartQueryExecution", resource=TABLE, context=OURS)
    assert decide(request, [document]) is Decision.ALLOWED
