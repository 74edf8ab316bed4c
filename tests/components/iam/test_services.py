"""What each service of AWS may do with the keys, the topic, the queue and the bucket of a stack.

Here a right that is missing fails in silence: tables are not maintained, alarms not told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.components.iam.evaluator import Decision, Request
from tests.components.iam.roles import BUCKET, OTHER_BUCKET, PREFIX, STACK, arn, encryption_of
from tests.components.iam.shared import Caller, decide_at
from tests.components.programs import whole
from tests.components.recorder import ACCOUNT_ID, REGION, Resource

MAINTENANCE: Caller = ("Service", "maintenance.s3tables.amazonaws.com")
CLOUDWATCH: Caller = ("Service", "cloudwatch.amazonaws.com")
LOGS: Caller = ("Service", f"logs.{REGION}.amazonaws.com")
TRAIL: Caller = ("Service", "cloudtrail.amazonaws.com")
EVENTS: Caller = ("Service", "events.amazonaws.com")
OWNER: Caller = ("AWS", f"arn:aws:iam::{ACCOUNT_ID}:root")
STRANGER: Caller = ("AWS", "arn:aws:iam::999999999999:root")

TABLES_KEY, WATCH_KEY = ("KeyPolicy", "tables"), ("KeyPolicy", "watch")
TRAIL_KEY, RECORDS = ("Key", "trail"), ("BucketPolicy", "")
TOPIC, QUEUE = ("TopicPolicy", ""), ("QueuePolicy", "blue-notices")
PLACES = (TABLES_KEY, WATCH_KEY, TRAIL_KEY, RECORDS, TOPIC, QUEUE)

TLS = {"aws:SecureTransport": "true"}
OPEN = {"aws:SecureTransport": "false"}
OURS = {"aws:SourceAccount": ACCOUNT_ID}


def alarm(name: str, account: str = ACCOUNT_ID) -> dict[str, Any]:
    """The context of an alarm that tells somebody."""
    source = f"arn:aws:cloudwatch:{REGION}:{account}:alarm:{name}"
    return {**TLS, "aws:SourceArn": source, "aws:SourceAccount": account}


def trail(name: str) -> dict[str, Any]:
    """The context of a trail that writes."""
    source = {**TLS, "aws:SourceArn": arn("cloudtrail", f"trail/{name}")}
    return {**source, "s3:x-amz-acl": "bucket-owner-full-control"}


def group(name: str) -> dict[str, Any]:
    """The context of a log group that is encrypted."""
    return {"kms:EncryptionContext:aws:logs:arn": arn("logs", f"log-group:{name}")}


@dataclass(frozen=True)
class Case:
    """One call by a service, and whether it must come through."""

    why: str
    place: tuple[str, str]
    caller: Caller
    action: str
    allowed: bool
    context: dict[str, Any] = field(default_factory=dict)
    resource: str = ""

    def __str__(self) -> str:
        return self.why.replace(" ", "-")


def yes(why: str, place: tuple[str, str], caller: Caller, action: str, **more: Any) -> Case:
    return Case(why, place, caller, action, True, **more)


def no(why: str, place: tuple[str, str], caller: Caller, action: str, **more: Any) -> Case:
    return Case(why, place, caller, action, False, **more)


OWN_TABLE = encryption_of(f"{BUCKET}/table/1")
BRONZE_TABLE = encryption_of(f"{BUCKET}-bronze/table/1")
OTHER_TABLE = encryption_of(f"{OTHER_BUCKET}/table/1")
LOG_FILES = f"AWSLogs/{ACCOUNT_ID}/CloudTrail/x"

CASES = [
    yes("maintenance reads a table", TABLES_KEY, MAINTENANCE, "kms:Decrypt", context=OWN_TABLE),
    yes(
        "maintenance writes a table", TABLES_KEY, MAINTENANCE, "kms:GenerateDataKey",
        context=OWN_TABLE,
    ),
    yes(
        "maintenance reads another tier", TABLES_KEY, MAINTENANCE, "kms:Decrypt",
        context=BRONZE_TABLE,
    ),
    yes(
        "maintenance writes another tier", TABLES_KEY, MAINTENANCE, "kms:GenerateDataKey",
        context=BRONZE_TABLE,
    ),
    no("maintenance of another stack", TABLES_KEY, MAINTENANCE, "kms:Decrypt", context=OTHER_TABLE),
    no("maintenance of nothing that is said", TABLES_KEY, MAINTENANCE, "kms:Decrypt"),
    no("maintenance lends the key", TABLES_KEY, MAINTENANCE, "kms:CreateGrant", context=OWN_TABLE),
    no("CloudWatch reads a table", TABLES_KEY, CLOUDWATCH, "kms:Decrypt", context=OWN_TABLE),
    no("a stranger reads a table", TABLES_KEY, STRANGER, "kms:Decrypt", context=OWN_TABLE),
    yes("the account keeps its key", TABLES_KEY, OWNER, "kms:PutKeyPolicy"),
    yes("logs are encrypted", WATCH_KEY, LOGS, "kms:Encrypt", context=group("/millrace/prod/blue")),
    yes(
        "the record of queries is read", WATCH_KEY, LOGS, "kms:Decrypt",
        context=group("/millrace/prod/audit/queries"),
    ),
    yes(
        "flow logs are encrypted", WATCH_KEY, LOGS, "kms:GenerateDataKey",
        context=group("/millrace/prod/network/flows"),
    ),
    no(
        "logs of another stack", WATCH_KEY, LOGS, "kms:Decrypt",
        context=group("/millrace/stage/blue"),
    ),
    no("logs of nothing that is said", WATCH_KEY, LOGS, "kms:Decrypt"),
    yes("an alarm encrypts", WATCH_KEY, CLOUDWATCH, "kms:GenerateDataKey",
        context=alarm(f"{PREFIX}-blue-heap-1234567")),
    yes("an alarm opens the topic", WATCH_KEY, CLOUDWATCH, "kms:Decrypt",
        context=alarm(f"{PREFIX}-blue-heap-1234567")),
    no("another stack's alarm uses the key", WATCH_KEY, CLOUDWATCH, "kms:Decrypt",
       context=alarm("millrace-stage-blue-heap")),
    yes("an alarm tells", TOPIC, CLOUDWATCH, "sns:Publish",
        context=alarm(f"{PREFIX}-blue-probe-failing-1234567")),
    no("another stack's alarm tells", TOPIC, CLOUDWATCH, "sns:Publish",
       context=alarm("millrace-stage-blue-heap")),
    no("another account's alarm tells", TOPIC, CLOUDWATCH, "sns:Publish",
       context=alarm(f"{PREFIX}-blue-heap", "999999999999")),
    no("a stranger tells", TOPIC, STRANGER, "sns:Publish", context=TLS),
    no("an alarm tells in the open", TOPIC, CLOUDWATCH, "sns:Publish",
       context={**alarm(f"{PREFIX}-blue-heap-1234567"), **OPEN}),
    yes("the trail encrypts", TRAIL_KEY, TRAIL, "kms:GenerateDataKey",
        context=trail(f"{PREFIX}-tables")),
    no("another trail encrypts", TRAIL_KEY, TRAIL, "kms:GenerateDataKey", context=trail("other")),
    no("the trail reads back", TRAIL_KEY, TRAIL, "kms:Decrypt", context=trail(f"{PREFIX}-tables")),
    yes("the trail writes", RECORDS, TRAIL, "s3:PutObject", context=trail(f"{PREFIX}-tables"),
        resource=LOG_FILES),
    no("the trail writes elsewhere", RECORDS, TRAIL, "s3:PutObject",
       context=trail(f"{PREFIX}-tables"), resource="elsewhere/x"),
    no("another trail writes", RECORDS, TRAIL, "s3:PutObject", context=trail("other"),
       resource=LOG_FILES),
    no("the trail takes records away", RECORDS, TRAIL, "s3:DeleteObject",
       context=trail(f"{PREFIX}-tables"), resource=LOG_FILES),
    no("a stranger reads records", RECORDS, STRANGER, "s3:GetObject", context=TLS,
       resource=LOG_FILES),
    no("the account reads records in the open", RECORDS, OWNER, "s3:GetObject", context=OPEN,
       resource=LOG_FILES),
    yes("a rule fills the queue", QUEUE, EVENTS, "sqs:SendMessage",
        context={**TLS, "rule": "spot-notices"}),
    yes("the group's rule fills the queue", QUEUE, EVENTS, "sqs:SendMessage",
        context={**TLS, "rule": "group-notices"}),
    no("another rule fills the queue", QUEUE, EVENTS, "sqs:SendMessage",
       context={**TLS, "aws:SourceArn": arn("events", "rule/other")}),
    no("a rule empties the queue", QUEUE, EVENTS, "sqs:ReceiveMessage",
       context={**TLS, "rule": "spot-notices"}),
    no("a stranger fills the queue", QUEUE, STRANGER, "sqs:SendMessage", context=TLS),
    no("a rule fills the queue in the open", QUEUE, EVENTS, "sqs:SendMessage",
       context={**OPEN, "rule": "spot-notices"}),
]  # fmt: skip


def policy_of(place: tuple[str, str]) -> str:
    return str(whole(STACK).one(*place).inputs["policy"])


def about(text: str, path: str) -> str:
    """What a policy is of, or something in it: its first statement names the thing itself."""
    first = json.loads(text)["Statement"][0]["Resource"]
    return f"{first}/{path}" if path else str(first)


def rule_arn(name: str) -> str:
    """Of a rule of blue's, as the fake account calls it."""
    found: Resource = whole(STACK).one("EventRule", f"blue-{name}")
    return f"arn:aws:eventrule:{REGION}:{ACCOUNT_ID}:{found.name}"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_service_does_what_it_must_and_nothing_more(case: Case) -> None:
    text, context = policy_of(case.place), dict(case.context)
    if "rule" in context:
        context["aws:SourceArn"] = rule_arn(context.pop("rule"))
    request = Request(action=case.action, resource=about(text, case.resource), context=context)
    found = decide_at(text, case.caller, request)
    assert (found is Decision.ALLOWED) is case.allowed, found


def test_every_policy_of_a_resource_is_looked_at() -> None:
    kinds = ("KeyPolicy", "BucketPolicy", "TopicPolicy", "QueuePolicy", "TableBucketPolicy")
    made = {(kind, each.name) for kind in kinds for each in whole(STACK).of(kind)}
    made |= {("Key", each.name) for each in whole(STACK).of("Key") if "policy" in each.inputs}
    judged = {(kind, whole(STACK).one(kind, name).name) for kind, name in PLACES}
    green = {(kind, name.replace("-blue-", "-green-")) for kind, name in judged}
    assert made <= judged | green, "say here what the new policy lets which service do"
    assert {case.place for case in CASES} == set(PLACES)
