"""Who reads through Lake Formation has no way past it, and no say in what it may read."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from lakehouse.grants import roles
from lakehouse.grants.lake import Lake
from tests.components.iam.conditions import hold
from tests.components.iam.evaluator import Decision, Document, Request, decide
from tests.components.iam.roles import BUCKET, TABLE, arn, encryption_of, of, with_settings
from tests.components.programs import ACCOUNT, governance
from tests.components.recorder import build

READERS = ("notebooks", "dashboards")
GLUE = "s3tablescatalog/tables"
ELSEWHERE = "arn:aws:s3tables:eu-central-1:210987654321:bucket/lake"
GOVERNED_SPARK = {
    "federation": "create",
    "third_party_engines": True,
    "admins": ["arn:aws:iam::123456789012:role/platform"],
    "readers": {"notebooks": {"engines": ["spark"]}},
    "spark_reader": "notebooks",
    "grants": [{"to": "notebooks", "namespace": "sales", "table": "*"}],
}

A_READER_MAY = [
    ("glue:GetCatalog", arn("glue", f"catalog/{GLUE}")),
    ("glue:GetDatabase", arn("glue", f"database/{GLUE}/sales")),
    ("glue:GetTable", arn("glue", f"table/{GLUE}/sales/orders")),
    ("lakeformation:GetDataAccess", "*"),
]

NO_READER_MAY = [
    ("s3tables:GetTable", TABLE),
    ("s3tables:GetTableData", TABLE),
    ("s3tables:PutTableData", TABLE),
    ("s3tables:GetTableMetadataLocation", TABLE),
    ("s3tables:GetTableData", f"{arn('s3tables', 'bucket/tables')}/table/1"),
    ("s3tables:ListTables", BUCKET),
    ("glue:GetTable", arn("glue", f"table/{GLUE}/payroll/salaries")),
    ("glue:GetTable", arn("glue", "table/s3tablescatalog/other/sales/orders")),
    ("glue:GetTable", arn("glue", "table/sales/orders")),
    ("glue:CreateTable", arn("glue", f"table/{GLUE}/sales/orders")),
    ("glue:UpdateTable", arn("glue", f"table/{GLUE}/sales/orders")),
    ("glue:DeleteTable", arn("glue", f"table/{GLUE}/sales/orders")),
    ("glue:PutResourcePolicy", arn("glue", "catalog")),
    ("lakeformation:GrantPermissions", "*"),
    ("lakeformation:PutDataLakeSettings", "*"),
    ("lakeformation:DeregisterResource", "*"),
    ("lakeformation:AddLFTagsToResource", "*"),
    ("lakeformation:RemoveLFTagsFromResource", "*"),
    ("lakeformation:UpdateLFTag", "*"),
    ("lakeformation:BatchGrantPermissions", "*"),
    ("lakeformation:UpdateDataCellsFilter", "*"),
    ("lakeformation:DeleteDataCellsFilter", "*"),
    ("kms:Decrypt", arn("kms", "key/1")),
    ("s3:GetObject", "arn:aws:s3:::somebody/secrets"),
    ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:any")),
    ("secretsmanager:BatchGetSecretValue", "*"),
    ("sts:AssumeRole", "arn:aws:iam::123456789012:role/admin"),
    ("sts:AssumeRole", "arn:aws:iam::123456789012:role/millrace-example-ingest-airflow"),
    ("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/any"),
    ("iam:UpdateAssumeRolePolicy", "arn:aws:iam::123456789012:role/any"),
    ("iam:DeleteRolePermissionsBoundary", "arn:aws:iam::123456789012:role/any"),
    ("logs:GetLogEvents", arn("logs", "log-group:/millrace/example/audit/queries:*")),
    ("ssm:PutParameter", arn("ssm", "parameter/millrace/governance/settings/made")),
]


@functools.cache
def made() -> dict[str, list[Document]]:
    """Policies of the readers that the component makes."""
    found = of(build(lambda: governance("gov")))
    return {name.removeprefix("gov-reader-"): each for name, each in found.items()}


def allowed(policies: list[Document], action: str, resource: str, **context: Any) -> bool:
    request = Request(action=action, resource=resource, context=context)
    return decide(request, policies) is Decision.ALLOWED


@functools.cache
def governed_machines() -> dict[str, list[Document]]:
    """Policies of a stack whose Spark reads as a reader."""
    return dict(with_settings(governance=GOVERNED_SPARK))


def test_every_reader_that_is_made_is_looked_at() -> None:
    assert set(made()) == set(READERS)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("action", "resource"), A_READER_MAY)
def test_a_reader_may_look_up_what_it_is_granted(reader: str, action: str, resource: str) -> None:
    assert allowed(made()[reader], action, resource)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("action", "resource"), NO_READER_MAY)
def test_no_reader_may(reader: str, action: str, resource: str) -> None:
    assert not allowed(made()[reader], action, resource)


@pytest.mark.parametrize("role", ["blue-leader", "blue-worker", "green-leader", "green-worker"])
def test_machines_that_read_as_a_reader_cannot_read_as_themselves(role: str) -> None:
    policies = governed_machines()[role]
    for action in ("GetTableData", "PutTableData", "GetTable", "ListTables", "CreateTable"):
        for resource in (BUCKET, TABLE):
            assert not allowed(policies, f"s3tables:{action}", resource), action
    key = f"arn:aws:key:eu-central-1:123456789012:{BUCKET.rpartition('/')[2]}-tables"
    assert not allowed(policies, "kms:Decrypt", key, **encryption_of(TABLE))


def test_such_a_leader_takes_its_reader_s_role_and_no_other() -> None:
    roles_of_readers = "arn:aws:iam::123456789012:role/millrace-prod-reader"
    leader = governed_machines()["blue-leader"]
    assert allowed(leader, "sts:AssumeRole", f"{roles_of_readers}-notebooks")
    assert not allowed(leader, "sts:AssumeRole", f"{roles_of_readers}-dashboards")
    assert not allowed(leader, "sts:AssumeRole", "arn:aws:iam::123456789012:role/admin")


@pytest.mark.parametrize(
    ("stack", "kind", "role", "expected"),
    [
        ("example", "leader", "millrace-example-blue-leader-1234567", True),
        ("example", "worker", "millrace-example-blue-worker-1234567", False),
        ("example-b", "leader", "millrace-example-b-blue-leader-1234567", False),
        ("other", "leader", "millrace-other-blue-leader-1234567", False),
        # A reader and a writer of the stack whose owner chose that name.
        ("example", "", "millrace-example-reader-leader-x", False),
        ("example", "", "millrace-example-ingest-leader-x", False),
    ],
)
def test_a_reader_s_role_is_taken_by_leaders_of_its_own_stack(
    stack: str, kind: str, role: str, expected: bool
) -> None:
    recorded = build(lambda: governance("gov"))
    document = json.loads(recorded.one("Role", "notebooks").inputs["assumeRolePolicy"])
    (statement,) = document["Statement"]
    caller = {
        "aws:PrincipalArn": f"arn:aws:iam::123456789012:role/{role}",
        "aws:PrincipalTag/millrace:project": "millrace",
        "aws:PrincipalTag/millrace:stack": stack,
        **({"aws:PrincipalTag/millrace:role": kind} if kind else {}),
    }
    assert hold(statement["Condition"], caller) is expected


LAKE_FORMATION = [roles.lake_formation_data(Lake(account=ACCOUNT, buckets={"tables": ("sales",)}))]


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3tables:GetTableData", TABLE, True),
        ("s3tables:PutTableData", TABLE, True),
        ("s3tables:ListTableBuckets", "*", True),
        ("s3tables:GetTableData", f"{ELSEWHERE}/table/1", False),
        ("s3tables:DeleteTableBucket", BUCKET, False),
        ("s3tables:PutTableBucketPolicy", BUCKET, False),
        ("s3tables:PutTableBucketEncryption", BUCKET, False),
        ("kms:Decrypt", arn("kms", "key/1"), False),
        ("kms:ScheduleKeyDeletion", arn("kms", "key/1"), False),
        ("s3:GetObject", "arn:aws:s3:::somebody/secrets", False),
        ("lakeformation:GrantPermissions", "*", False),
        ("sts:AssumeRole", "arn:aws:iam::123456789012:role/admin", False),
    ],
)
def test_lake_formation_reads_tables_and_nothing_else(
    action: str, resource: str, expected: bool
) -> None:
    assert allowed(LAKE_FORMATION, action, resource) is expected


def test_lake_formation_uses_keys_for_tables_of_the_account_only() -> None:
    key = arn("kms", "key/1")
    assert allowed(LAKE_FORMATION, "kms:Decrypt", key, **encryption_of(TABLE))
    assert not allowed(LAKE_FORMATION, "kms:Decrypt", key, **encryption_of(f"{ELSEWHERE}/table/1"))
    assert not allowed(LAKE_FORMATION, "kms:CreateGrant", key, **encryption_of(TABLE))
