"""A cluster whose Spark is a reader: Lake Formation decides, and there is no way around."""

from __future__ import annotations

import base64
import json
import runpy
from typing import Any

import pytest

from lakehouse import boot
from lakehouse.grants import bypass
from tests.components.programs import ROOT, cluster, governance_settings, stack_settings
from tests.components.recorder import ACCOUNT_ID, Recorded, build

READER = f"arn:aws:iam::{ACCOUNT_ID}:role/millrace-example-reader-notebooks"
WIRING = {
    "reader_arn": READER,
    "governed": {"lake": f"{ACCOUNT_ID}:s3tablescatalog/tables"},
}


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return build(lambda: cluster("gov", WIRING))


def statements(recorded: Recorded, role: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(recorded.one("RolePolicy", role).inputs["policy"])[
        "Statement"
    ]
    return found


@pytest.mark.parametrize("role", ["leader", "worker"])
def test_its_machines_hold_nothing_with_which_to_read_a_table(
    recorded: Recorded, role: str
) -> None:
    assert bypass.in_statements(statements(recorded, role)) == ()
    assert "s3tables:" not in json.dumps(statements(recorded, role))


def test_only_its_leader_takes_the_reader_s_role(recorded: Recorded) -> None:
    def taken(role: str) -> list[str]:
        return [
            each["Resource"]
            for each in statements(recorded, role)
            if each["Action"] == "sts:AssumeRole"
        ]

    assert taken("leader") == [READER]
    assert taken("worker") == []


def test_it_has_no_catalog_that_is_not_governed(recorded: Recorded) -> None:
    data = recorded.one("LaunchTemplate", "leader").inputs["userData"]
    document = boot.parse(base64.b64decode(data).decode())
    assert [(each.kind, each.role_arn) for each in document.catalogs] == [("glue_rest", READER)]
    assert document.catalogs[0].warehouse.endswith(":s3tablescatalog/tables")


def test_the_program_wires_a_governed_spark_through() -> None:
    settings = stack_settings("example")
    settings["millrace:governance"] = governance_settings(
        other_buckets={"millrace-prod": ["sales"]}
    )
    recorded = build(
        lambda: runpy.run_path(str(ROOT / "__main__.py")), stack="example", config=settings
    )
    data = recorded.one("LaunchTemplate", "blue-leader").inputs["userData"]
    document = boot.parse(base64.b64decode(data).decode())
    assert {each.name: each.warehouse for each in document.catalogs} == {
        "lake": f"{ACCOUNT_ID}:s3tablescatalog/millrace-example",
        "millrace_prod": f"{ACCOUNT_ID}:s3tablescatalog/millrace-prod",
    }
    assert {each.role_arn for each in document.catalogs} == {READER}
    [grant] = [
        each for each in recorded.of("Grant") if each.inputs["object"] == "millrace-example.sales.*"
    ]
    waits = {urn.split("::")[2].rpartition(":")[2] for urn in grant.options.dependencies}
    assert {"Namespace", "TableBucket"} <= waits, "a grant on what is not there yet is refused"
