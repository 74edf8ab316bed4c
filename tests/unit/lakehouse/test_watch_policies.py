"""What watches the stack is for the one service that needs it, and for this stack only."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse import watch_policies
from lakehouse.policies import Account, Document

ACCOUNT = Account(region="eu-central-1", account_id="123456789012")
TRAIL = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/millrace-prod-tables"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
BUCKET = "arn:aws:s3:::records"

WATCH_KEY = watch_policies.watch_key(ACCOUNT, "/millrace/prod/*", "millrace-prod-*")
TOPIC_POLICY = watch_policies.topic(ACCOUNT, TOPIC, "millrace-prod-*")
TRAIL_KEY = watch_policies.trail_key(ACCOUNT, "millrace-prod-tables")
TRAIL_BUCKET = watch_policies.trail_bucket(ACCOUNT, BUCKET, "millrace-prod-tables")
ALL = pytest.mark.parametrize("document", [WATCH_KEY, TOPIC_POLICY, TRAIL_KEY, TRAIL_BUCKET])


def allowed_to_services(document: Document) -> list[dict[str, Any]]:
    return [
        each
        for each in document["Statement"]
        if each["Effect"] == "Allow" and "Service" in each["Principal"]
    ]


@ALL
def test_a_service_acts_for_this_stack_only(document: Document) -> None:
    services = allowed_to_services(document)
    assert services
    for each in services:
        conditions = str(each.get("Condition", ""))
        assert "millrace" in conditions, f"{each['Sid']}: another account could use the service"
        assert "123456789012" in conditions


@pytest.mark.parametrize(("document", "resource"), [(TOPIC_POLICY, TOPIC), (TRAIL_BUCKET, BUCKET)])
def test_nobody_gets_in_without_tls(document: Document, resource: str) -> None:
    (denied,) = [each for each in document["Statement"] if each["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["Principal"] == "*"
    assert resource in str(denied["Resource"])


def test_the_key_of_the_logs_is_for_the_stack_s_groups() -> None:
    (logs,) = [each for each in WATCH_KEY["Statement"] if each["Sid"] == "Logs"]
    (pattern,) = logs["Condition"]["ArnLike"].values()
    assert pattern == "arn:aws:logs:eu-central-1:123456789012:log-group:/millrace/prod/*"


def test_alarms_can_use_the_key_of_the_topic() -> None:
    (alarms,) = [each for each in WATCH_KEY["Statement"] if each["Sid"] == "Alarms"]
    assert set(alarms["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}, (
        "CloudWatch cannot publish to a topic whose key it may not use, and says so nowhere"
    )


def test_a_trail_writes_and_reads_nothing() -> None:
    granted = {each["Action"] for each in allowed_to_services(TRAIL_BUCKET)}
    assert granted == {"s3:GetBucketAcl", "s3:PutObject"}
