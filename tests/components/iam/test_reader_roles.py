"""What a reader of the prod example may do, and a Spark that is one: look up, and ask."""

from __future__ import annotations

import pytest

from tests.components.iam.evaluator import Decision, Request, decide
from tests.components.iam.roles import BUCKET, TABLE, arn, decision, with_settings
from tests.components.programs import governance_settings

READER = "reader-dashboards"
BUCKETS_OWN = "s3tablescatalog/millrace-prod"
TAKEN = "arn:aws:iam::123456789012:role/millrace-prod-reader-notebooks"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("glue:GetCatalog", arn("glue", "catalog/s3tablescatalog")),
        ("glue:GetCatalog", arn("glue", f"catalog/{BUCKETS_OWN}")),
        ("glue:GetDatabase", arn("glue", f"database/{BUCKETS_OWN}/sales")),
        ("glue:GetTable", arn("glue", f"table/{BUCKETS_OWN}/sales/orders")),
        ("lakeformation:GetDataAccess", "*"),
        ("athena:StartQueryExecution", arn("athena", "workgroup/dashboards")),
    ],
)
def test_a_reader_may_look_up_what_it_is_granted_and_ask_for_it(action: str, resource: str) -> None:
    assert decision(READER, action, resource, {}) is Decision.ALLOWED


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3tables:GetTableData", TABLE),
        ("s3tables:GetTableMetadataLocation", TABLE),
        ("s3tables:PutTableData", TABLE),
        ("s3tables:ListTables", BUCKET),
        ("glue:GetTable", arn("glue", f"table/{BUCKETS_OWN}/default/secrets")),
        ("glue:GetTable", arn("glue", "table/s3tablescatalog/millrace-stage/sales/orders")),
        ("glue:DeleteTable", arn("glue", f"table/{BUCKETS_OWN}/sales/orders")),
        ("glue:UpdateTable", arn("glue", f"table/{BUCKETS_OWN}/sales/orders")),
        ("lakeformation:GrantPermissions", "*"),
        ("lakeformation:PutDataLakeSettings", "*"),
        ("iam:PutRolePolicy", TAKEN),
        ("sts:AssumeRole", TAKEN),
    ],
)
def test_a_reader_may_neither_pass_by_lake_formation_nor_change_who_may(
    action: str, resource: str
) -> None:
    assert decision(READER, action, resource, {}) is not Decision.ALLOWED


@pytest.mark.parametrize("action", ["s3tables:GetTableData", "s3tables:ListTables"])
@pytest.mark.parametrize("machine", ["blue-leader", "blue-worker"])
def test_machines_of_a_spark_that_is_a_reader_may_not_touch_tables(
    machine: str, action: str
) -> None:
    found = with_settings(governance=governance_settings())[machine]
    for resource in (BUCKET, TABLE):
        request = Request(action=action, resource=resource, context={})
        assert decide(request, found) is not Decision.ALLOWED


@pytest.mark.parametrize(("machine", "expected"), [("blue-leader", True), ("blue-worker", False)])
def test_its_leader_alone_takes_the_reader_s_role(machine: str, expected: bool) -> None:
    found = with_settings(governance=governance_settings())[machine]
    request = Request(action="sts:AssumeRole", resource=TAKEN, context={})
    assert (decide(request, found) is Decision.ALLOWED) is expected
