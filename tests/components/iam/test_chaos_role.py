"""What experiments may take, and that nothing else is theirs."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from lakehouse.chaos import VICTIM, VICTIM_TAG
from tests.components.iam.conditions import hold
from tests.components.iam.evaluator import Decision, Request, decide
from tests.components.iam.roles import BUCKET, TABLE, arn, of
from tests.components.programs import chaos
from tests.components.recorder import ACCOUNT_ID, Recorded, build

MACHINE = arn("ec2", "instance/i-1")
CHOSEN = {
    "millrace:project": "millrace",
    "millrace:stack": "example",
    "millrace:generation": "blue",
    "millrace:role": "worker",
    VICTIM_TAG: VICTIM,
}
TAKEN = ("ec2:SendSpotInstanceInterruptions", "ec2:TerminateInstances")


@functools.cache
def recorded() -> Recorded:
    return build(lambda: chaos("one"))


def may(action: str, resource: str, **tags: str) -> bool:
    context = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    request = Request(action=action, resource=resource, context=context)
    (policies,) = of(recorded()).values()
    return decide(request, policies) is Decision.ALLOWED


@pytest.mark.parametrize("action", TAKEN)
def test_a_worker_that_was_chosen_may_be_taken(action: str) -> None:
    assert may(action, MACHINE, **CHOSEN)
    assert may("ec2:DescribeInstances", "*")


@pytest.mark.parametrize("action", TAKEN)
@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("millrace:role", "leader"),
        ("millrace:stack", "prod"),
        ("millrace:project", "other"),
        (VICTIM_TAG, "no"),
    ],
)
def test_no_other_machine_may_be_taken(action: str, tag: str, value: str) -> None:
    assert not may(action, MACHINE, **{**CHOSEN, tag: value})
    without = {key: each for key, each in CHOSEN.items() if key != tag}
    assert not may(action, MACHINE, **without), f"a machine without {tag} is nobody's to take"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ec2:RunInstances", MACHINE),
        ("ec2:StopInstances", MACHINE),
        ("ec2:ModifyInstanceAttribute", MACHINE),
        ("ec2:CreateTags", MACHINE),
        ("ec2:DeleteTags", MACHINE),
        ("ec2:TerminateInstances", arn("ec2", "launch-template/lt-1")),
        ("autoscaling:TerminateInstanceInAutoScalingGroup", "*"),
        ("autoscaling:SetDesiredCapacity", "*"),
        ("ssm:SendCommand", MACHINE),
        ("fis:StartExperiment", arn("fis", "experiment/x")),
        ("cloudwatch:DisableAlarmActions", arn("cloudwatch", "alarm:x")),
        ("cloudwatch:PutMetricData", "*"),
        ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:any")),
        ("s3tables:GetTableData", TABLE),
        ("s3tables:DeleteTable", TABLE),
        ("s3tables:ListTables", BUCKET),
        ("kms:Decrypt", arn("kms", "key/1")),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT_ID}:role/any"),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT_ID}:role/any"),
        ("logs:DeleteLogGroup", arn("logs", "log-group:/millrace/example/audit/queries")),
    ],
)
def test_an_experiment_may_do_nothing_else(action: str, resource: str) -> None:
    assert not may(action, resource, **CHOSEN), "not even to a worker that was chosen"


@pytest.mark.parametrize(
    ("account", "kind", "expected"),
    [(ACCOUNT_ID, "experiment", True), ("999999999999", "experiment", False),
     (ACCOUNT_ID, "experiment-template", False)],
)  # fmt: skip
def test_the_role_is_taken_by_experiments_of_this_account(
    account: str, kind: str, expected: bool
) -> None:
    document = json.loads(recorded().one("Role").inputs["assumeRolePolicy"])
    (statement,) = document["Statement"]
    source = arn("fis", f"{kind}/x").replace(ACCOUNT_ID, account)
    caller: dict[str, Any] = {"aws:SourceAccount": account, "aws:SourceArn": source}
    assert statement["Principal"] == {"Service": "fis.amazonaws.com"}
    assert hold(statement["Condition"], caller) is expected
