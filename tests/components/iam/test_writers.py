"""Who writes from outside the cluster writes named tables, and has no say in anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.components.iam.conditions import hold
from tests.components.iam.evaluator import Decision, Request, decide
from tests.components.iam.roles import (
    BUCKET,
    KEY,
    OTHER_BUCKET,
    PREFIX,
    STACK,
    TABLE,
    arn,
    called,
    decision,
    encryption_of,
    group,
    log,
    policies,
    secret,
)
from tests.components.programs import whole

AIRFLOW, EVENTS = "ingest-airflow", "ingest-events"
WRITERS = (AIRFLOW, EVENTS)
QUEUE = arn("sqs", "clicks")
ROLE = f"arn:aws:iam::123456789012:role/{PREFIX}"

DATA = ("GetTable", "GetTableData", "GetTableMetadataLocation", "PutTableData")
COMMIT = "UpdateTableMetadataLocation"


def may(role: str, action: str, resource: str, **context: Any) -> bool:
    return decision(role, action, resource, context) is Decision.ALLOWED


def test_every_writer_of_the_stack_is_looked_at() -> None:
    found = {each for each in policies() if each.startswith("ingest-")}
    assert found == set(WRITERS), "say here what the new writer may and may not do"


@pytest.mark.parametrize("operation", [*DATA, COMMIT])
@pytest.mark.parametrize(
    ("writer", "namespace", "table"),
    [
        (AIRFLOW, "marketing", "customers"),
        (AIRFLOW, "marketing", "one_of_tomorrow"),
        (AIRFLOW, "sales", "orders"),
        (AIRFLOW, "sales", "returns"),
        (EVENTS, "marketing", "clicks"),
    ],
)
def test_a_writer_commits_to_its_tables(
    writer: str, namespace: str, table: str, operation: str
) -> None:
    assert may(writer, f"s3tables:{operation}", TABLE, **called(namespace, table))


@pytest.mark.parametrize("operation", [*DATA, COMMIT])
@pytest.mark.parametrize(
    ("writer", "namespace", "table"),
    [
        (AIRFLOW, "sales", "invoices"),
        (AIRFLOW, "sales", "order_"),
        (AIRFLOW, "sales", "Orders"),
        (AIRFLOW, "finance", "orders"),
        (AIRFLOW, "default", "customers"),
        (EVENTS, "marketing", "customers"),
        (EVENTS, "sales", "clicks"),
    ],
)
def test_no_writer_touches_other_tables(
    writer: str, namespace: str, table: str, operation: str
) -> None:
    assert not may(writer, f"s3tables:{operation}", TABLE, **called(namespace, table))


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("operation", [*DATA, COMMIT])
def test_a_table_that_is_not_named_is_nobody_s(writer: str, operation: str) -> None:
    """A condition that is not met because its key is missing is not met."""
    assert not may(writer, f"s3tables:{operation}", TABLE)
    elsewhere = f"{OTHER_BUCKET}/table/1"
    assert not may(writer, f"s3tables:{operation}", elsewhere, **called("marketing", "clicks"))


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("s3tables:GetTableBucket", BUCKET, {}),
        ("s3tables:GetNamespace", BUCKET, called("marketing")),
        ("s3tables:ListTables", BUCKET, called("marketing")),
        ("kms:Decrypt", KEY, encryption_of(TABLE)),
        ("kms:GenerateDataKey", KEY, encryption_of(TABLE)),
    ],
)
@pytest.mark.parametrize("writer", WRITERS)
def test_a_writer_finds_its_way(
    writer: str, action: str, resource: str, context: dict[str, Any]
) -> None:
    assert may(writer, action, resource, **context)


def test_tables_are_made_by_whom_that_was_said_of_and_in_whole_namespaces() -> None:
    for resource in (BUCKET, f"{BUCKET}/table/new"):
        assert may(AIRFLOW, "s3tables:CreateTable", resource, **called("marketing"))
        assert not may(AIRFLOW, "s3tables:CreateTable", resource, **called("sales"))
        assert not may(EVENTS, "s3tables:CreateTable", resource, **called("marketing"))


def test_a_writer_has_what_its_owner_added() -> None:
    assert may(EVENTS, "sqs:ReceiveMessage", QUEUE)
    assert not may(AIRFLOW, "sqs:ReceiveMessage", QUEUE)


NO_WRITER_MAY = [
    ("s3tables:ListNamespaces", BUCKET),
    ("s3tables:ListTables", BUCKET),
    ("s3tables:CreateNamespace", BUCKET),
    ("s3tables:DeleteNamespace", BUCKET),
    ("s3tables:DeleteTable", TABLE),
    ("s3tables:RenameTable", TABLE),
    ("s3tables:DeleteTableBucket", BUCKET),
    ("s3tables:PutTablePolicy", TABLE),
    ("s3tables:DeleteTablePolicy", TABLE),
    ("s3tables:PutTableBucketPolicy", BUCKET),
    ("s3tables:DeleteTableBucketPolicy", BUCKET),
    ("s3tables:PutTableMaintenanceConfiguration", TABLE),
    ("s3tables:PutTableBucketEncryption", BUCKET),
    ("s3tables:ListTableBuckets", "*"),
    ("kms:Decrypt", KEY),
    ("kms:CreateGrant", KEY),
    ("kms:PutKeyPolicy", KEY),
    ("secretsmanager:GetSecretValue", secret("authority")),
    ("secretsmanager:GetSecretValue", secret("gateway")),
    ("secretsmanager:GetSecretValue", secret("token-analyst")),
    ("secretsmanager:GetSecretValue", secret("blue-spark-auth")),
    ("secretsmanager:ListSecrets", "*"),
    ("lakeformation:GrantPermissions", "*"),
    ("lakeformation:RevokePermissions", "*"),
    ("lakeformation:PutDataLakeSettings", "*"),
    ("lakeformation:AddLFTagsToResource", "*"),
    ("lakeformation:GetDataAccess", "*"),
    ("glue:GetTable", arn("glue", f"table/s3tablescatalog/{PREFIX}/sales/orders")),
    ("glue:UpdateCatalog", arn("glue", "catalog/s3tablescatalog")),
    ("iam:PutRolePolicy", f"{ROLE}-ingest-airflow"),
    ("iam:PassRole", f"{ROLE}-ingest-airflow"),
    ("sts:AssumeRole", f"{ROLE}-reader-dashboards"),
    ("autoscaling:SetDesiredCapacity", group(f"{PREFIX}-blue-worker")),
    ("logs:PutLogEvents", log("/millrace/prod/audit/queries")),
    ("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z0123456789"),
    ("cloudtrail:StopLogging", arn("cloudtrail", "trail/1")),
    ("s3:GetObject", "arn:aws:s3:::somebody/secrets"),
]


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize(("action", "resource"), NO_WRITER_MAY)
def test_no_writer_may(writer: str, action: str, resource: str) -> None:
    for context in ({}, called("default", "secret_table"), called("finance")):
        assert not may(writer, action, resource, **context), context


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize(
    "action",
    [
        "secretsmanager:GetSecretValue",
        "lakeformation:GrantPermissions",
        "iam:PutRolePolicy",
        "s3tables:PutTablePolicy",
        "kms:CreateGrant",
    ],
)
def test_what_a_writer_never_may_no_other_policy_gives_it(writer: str, action: str) -> None:
    everything = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    request = Request(action=action, resource="*")
    assert decide(request, [everything]) is Decision.ALLOWED
    assert decide(request, [*policies()[writer], everything]) is Decision.EXPLICITLY_DENIED


def test_no_writer_is_mistaken_for_a_leader_by_a_reader_s_role() -> None:
    """Writers carry the tags of the stack too, and whatever name their owner gives them."""
    tags = whole(STACK).one("Role", AIRFLOW).inputs["tags"]
    assert tags["millrace:stack"] == STACK
    assert "millrace:role" not in tags


def test_a_writer_s_role_is_taken_by_whom_its_owner_named() -> None:
    trust = json.loads(whole(STACK).one("Role", EVENTS).inputs["assumeRolePolicy"])
    (statement,) = trust["Statement"]
    assert statement["Principal"] == {"Service": ["lambda.amazonaws.com"]}
    assert hold(statement["Condition"], {"aws:SourceAccount": "123456789012"})
    assert not hold(statement["Condition"], {"aws:SourceAccount": "210987654321"})
