"""Wherever AWS knows an ARN, a policy names one: each action on `*` is on this list, with reason.

The documents are pages of AWS's service authorization reference, "Actions, resources, and
condition keys for ...": an action without a resource type there takes `*` and nothing else.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lakehouse.grants import roles
from lakehouse.grants.lake import Lake
from policy.documents import Statement, statements
from policy.identity import is_whole_class
from tests.components.iam.roles import of, scaling_leader, with_settings
from tests.components.programs import ACCOUNT, ROOT, governance_settings, stack_settings, whole
from tests.components.recorder import Recorded

STACKS = sorted(path.stem.removeprefix("Pulumi.") for path in ROOT.glob("Pulumi.*.yaml"))

WITHOUT_RESOURCE_TYPE = {
    "autoscaling:DescribeAutoScalingGroups": "Amazon EC2 Auto Scaling",
    "cloudwatch:PutMetricData": "Amazon CloudWatch; bound by cloudwatch:namespace instead",
    "ec2:DescribeInstances": "Amazon EC2",
    "lakeformation:GetDataAccess": "AWS Lake Formation; its grants say to what",
    "s3tables:ListTableBuckets": "Amazon S3 Tables",
    "ssmmessages:CreateControlChannel": "Amazon Session Manager Message Gateway Service",
    "ssmmessages:CreateDataChannel": "Amazon Session Manager Message Gateway Service",
    "ssmmessages:OpenControlChannel": "Amazon Session Manager Message Gateway Service",
    "ssmmessages:OpenDataChannel": "Amazon Session Manager Message Gateway Service",
}
"""Action on `*` -> the page that knows no resource type for it."""

WHOLE_CLASSES = {
    ("lake-formation", "Tables"): "it reads for every table bucket of the account: what is "
    "registered with it is bucket/* (Lake Formation developer guide, S3 tables catalog)",
    ("lake-formation", "Keys"): "table buckets have keys of their owners' choice; bound by "
    "kms:EncryptionContext:aws:s3:arn to tables of the account",
}
"""(Role, Sid) of a statement about everything of a kind -> why it is."""


@dataclass(frozen=True)
class Found:
    """An allowing statement of a role."""

    role: str
    statement: Statement


@functools.cache
def everything() -> tuple[Found, ...]:
    """Every allowing statement of every role, of every stack file and of what they leave out."""
    documents = [(name, each) for stack in STACKS for name, each in _documents(whole(stack))]
    documents += [("scaling-leader", each) for each in scaling_leader()]
    governed = with_settings(governance=governance_settings())
    documents += [(name, each) for name, found in governed.items() for each in found]
    lake = Lake(account=ACCOUNT, buckets={})
    documents.append(("lake-formation", roles.lake_formation_data(lake)))
    return tuple(
        Found(name, each) for name, text in documents for each in statements(text) if each.allows
    )


def _documents(recorded: Recorded) -> Iterator[tuple[str, object]]:
    for name, found in of(recorded).items():
        for each in found:
            yield name, each


def test_all_kinds_of_roles_are_looked_at() -> None:
    kinds = {"-leader", "-worker", "-reader-", "-ingest-", "lake-formation"}
    names = {each.role for each in everything()}
    assert {kind for kind in kinds if any(kind in name for name in names)} == kinds


def test_an_action_on_everything_is_one_that_aws_cannot_narrow() -> None:
    loose = {
        (each.role, action)
        for each in everything()
        if "*" in each.statement.resources
        for action in each.statement.actions
        if action not in WITHOUT_RESOURCE_TYPE
    }
    assert loose == set(), "name an ARN, or say here which page knows none"


def test_the_list_holds_nothing_that_nobody_needs() -> None:
    used = {
        action
        for each in everything()
        if "*" in each.statement.resources
        for action in each.statement.actions
    }
    assert set(WITHOUT_RESOURCE_TYPE) - used == set(), "an entry that is not used hides a mistake"


def test_an_action_that_aws_cannot_narrow_stands_apart_from_those_that_it_can() -> None:
    """Together on a named ARN it would be denied; together on `*` the others would be wide open."""
    mixed = [
        each.statement.sid
        for each in everything()
        if "*" not in each.statement.resources
        and set(each.statement.actions) & set(WITHOUT_RESOURCE_TYPE)
    ]
    assert mixed == []


def test_no_statement_is_about_everything_of_a_kind_without_a_reason() -> None:
    wide = {
        (each.role, each.statement.sid)
        for each in everything()
        if any(arn != "*" and is_whole_class(arn) for arn in each.statement.resources)
    }
    assert wide == set(WHOLE_CLASSES)


def test_no_statement_names_actions_or_resources_by_what_they_are_not() -> None:
    assert [each.role for each in everything() if each.statement.inverted] == []


@pytest.mark.parametrize("stack", STACKS)
def test_no_role_is_trusted_to_everybody(stack: str) -> None:
    assert stack_settings(stack)
    for role in whole(stack).of("Role"):
        for each in statements(role.inputs["assumeRolePolicy"]):
            assert each.allows
            assert each.actions == ("sts:AssumeRole",), role.name
            assert "*" not in each.principals, role.name
            if any(principal.endswith(":root") for principal in each.principals):
                assert "aws:principalarn" in each.condition_keys, "an account is many principals"
