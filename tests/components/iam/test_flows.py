"""What the role of flow logs may do and must not, and who may take it."""

from __future__ import annotations

import json

import pytest

from tests.components.iam.evaluator import Decision
from tests.components.iam.roles import STACK, arn, decision, log
from tests.components.programs import whole
from tests.components.recorder import ACCOUNT_ID, REGION

GROUP = f"/millrace/{STACK}/network/flows"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("logs:CreateLogStream", log(GROUP)),
        ("logs:PutLogEvents", log(GROUP)),
        ("logs:DescribeLogStreams", arn("logs", f"log-group:{GROUP}")),
        ("logs:DescribeLogGroups", arn("logs", "log-group::log-stream:")),
    ],
)
def test_it_may_add_records(action: str, resource: str) -> None:
    assert decision("flows", action, resource, {}) is Decision.ALLOWED


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("logs:PutLogEvents", log(f"/millrace/{STACK}/audit/queries")),
        ("logs:PutLogEvents", log(f"/millrace/{STACK}/blue")),
        ("logs:GetLogEvents", log(GROUP)),
        ("logs:DeleteLogGroup", arn("logs", f"log-group:{GROUP}")),
        ("logs:PutRetentionPolicy", arn("logs", f"log-group:{GROUP}")),
        ("logs:CreateLogGroup", arn("logs", "log-group:/somewhere/else")),
        ("s3:PutObject", "arn:aws:s3:::anywhere/a"),
    ],
)
def test_it_may_do_nothing_else(action: str, resource: str) -> None:
    assert decision("flows", action, resource, {}) is Decision.IMPLICITLY_DENIED


def test_only_flow_logs_of_this_account_and_region_take_it() -> None:
    role = whole(STACK).one("Role", "-flows").inputs
    (trust,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    source = f"arn:aws:ec2:{REGION}:{ACCOUNT_ID}:vpc-flow-log/*"
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
        "ArnLike": {"aws:SourceArn": source},
    }
