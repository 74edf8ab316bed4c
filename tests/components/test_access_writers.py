"""Writers outside the cluster: a role each that people can name, for named tables only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakehouse.config import IngestConfig
from tests.components.programs import ACCOUNT, BOUNDARY, access
from tests.components.recorder import ACCOUNT_ID, Recorded, build

AIRFLOW = f"arn:aws:iam::{ACCOUNT_ID}:role/airflow"
WRITERS: dict[str, dict[str, Any]] = {
    "airflow": {
        "trusted": [AIRFLOW],
        "external_id": "agreed",
        "create_tables": True,
        "into": [{"namespace": "sales"}, {"namespace": "default", "tables": ["b", "a"]}],
    },
    "events": {
        "trusted_services": ["lambda.amazonaws.com"],
        "into": [{"namespace": "default", "tables": ["events"]}],
    },
}


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    writers = {
        name: IngestConfig.model_validate_json(json.dumps(each)) for name, each in WRITERS.items()
    }
    return build(lambda: access("acc", ingest=writers, permissions_boundary=BOUNDARY))


def document(recorded: Recorded, kind: str, writer: str) -> dict[str, Any]:
    key = {"Role": "assumeRolePolicy", "RolePolicy": "policy"}[kind]
    found: dict[str, Any] = json.loads(recorded.one(kind, f"-ingest-{writer}").inputs[key])
    return found


def test_each_writer_has_a_role_that_people_can_name(recorded: Recorded) -> None:
    roles = {
        each.inputs["name"]: each.inputs["permissionsBoundary"] for each in recorded.of("Role")
    }
    assert roles == {
        "millrace-example-ingest-airflow": BOUNDARY,
        "millrace-example-ingest-events": BOUNDARY,
    }


def test_without_writers_there_is_no_role() -> None:
    assert build(lambda: access("acc")).of("Role") == []


def test_a_principal_must_say_what_was_agreed(recorded: Recorded) -> None:
    (statement,) = document(recorded, "Role", "airflow")["Statement"]
    assert statement["Principal"] == {"AWS": [AIRFLOW]}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "agreed"}}


def test_a_service_acts_for_this_account_only(recorded: Recorded) -> None:
    (statement,) = document(recorded, "Role", "events")["Statement"]
    assert statement["Principal"] == {"Service": ["lambda.amazonaws.com"]}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT.account_id}}


def test_sids_are_said_once_each(recorded: Recorded) -> None:
    for writer in WRITERS:
        sids = [each["Sid"] for each in document(recorded, "RolePolicy", writer)["Statement"]]
        assert len(set(sids)) == len(sids)
        assert all(each.isalnum() for each in sids), "IAM takes letters and digits only"


def test_chosen_tables_are_named_beside_whole_namespaces(recorded: Recorded) -> None:
    conditions = [
        each["Condition"]["StringEquals"]
        for each in document(recorded, "RolePolicy", "airflow")["Statement"]
        if "s3tables:PutTableData" in each["Action"] and each["Effect"] == "Allow"
    ]
    assert conditions == [
        {"s3tables:namespace": ["sales"]},
        {"s3tables:namespace": ["default"], "s3tables:tableName": ["a", "b"]},
    ]
