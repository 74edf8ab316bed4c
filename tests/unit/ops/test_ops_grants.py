"""`lakehouse grants`: what is said, and with which exit code."""

from __future__ import annotations

import argparse
import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops import grants
from ops.redact import Redactor

ROOT = Path(__file__).parents[3]
EXAMPLE = yaml.safe_load((ROOT / "Pulumi.example.yaml").read_text())["config"]
ROLE = "arn:aws:iam::123456789012:role"
GOVERNANCE: dict[str, Any] = {
    "federation": "create",
    "third_party_engines": True,
    "admins": [f"{ROLE}/platform"],
    "readers": {
        "bi": {"engines": ["athena"], "trusted": [f"{ROLE}/bi"]},
        "notebooks": {"engines": ["spark"], "trusted": [f"{ROLE}/notebooks"]},
    },
    "grants": [
        {"to": "notebooks", "namespace": "sales", "table": "*"},
        {"to": "bi", "namespace": "sales", "table": "orders", "columns": ["day"]},
    ],
}
BUCKET = "123456789012:s3tablescatalog/millrace-example"


def governed(**changes: Any) -> grants.Governed:
    settings = copy.deepcopy(EXAMPLE)
    settings["millrace:governance"] = {**GOVERNANCE, **changes}
    return grants.read(settings, "example", "123456789012")


class FakeService:
    """Answers what it was given, by operation."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = answers

    def __getattr__(self, operation: str) -> Any:
        answer = self._answers[operation]
        return lambda **asked: answer(asked) if callable(answer) else answer

    def get_paginator(self, operation: str) -> Any:
        answer = self._answers[operation]
        return type("Pages", (), {"paginate": staticmethod(lambda **_: [answer])})


class FakeAccount:
    """Three services."""

    def __init__(self, held: list[Any], **changes: Any) -> None:
        self._services = {
            "lakeformation": FakeService(
                {
                    "list_permissions": {"PrincipalResourcePermissions": held},
                    **changes.get("tags", {}),
                    "get_data_lake_settings": {
                        "DataLakeSettings": {
                            "DataLakeAdmins": [{"DataLakePrincipalIdentifier": f"{ROLE}/platform"}],
                            "AllowFullTableExternalDataAccess": True,
                            **changes.get("settings", {}),
                        }
                    },
                }
            ),
            "glue": FakeService(
                {
                    "get_catalog": {
                        "Catalog": {
                            "AllowFullTableExternalDataAccess": "True",
                            **changes.get("catalog", {}),
                        }
                    }
                }
            ),
            "iam": FakeService(
                {
                    "list_role_policies": {"PolicyNames": ["own"]},
                    "list_attached_role_policies": {"AttachedPolicies": []},
                    "get_role_policy": {
                        "PolicyDocument": {
                            "Statement": {
                                "Effect": "Allow",
                                "Action": changes.get("allowed", "glue:GetTable"),
                                "Resource": "*",
                            }
                        }
                    },
                }
            ),
        }

    def client(self, service: str) -> Any:
        return self._services[service]


def entry(reader: str, resource: dict[str, Any], *names: str) -> dict[str, Any]:
    return {
        "Principal": {"DataLakePrincipalIdentifier": f"{ROLE}/millrace-example-reader-{reader}"},
        "Resource": resource,
        "Permissions": list(names),
    }


def table(**parts: Any) -> dict[str, Any]:
    return {"CatalogId": BUCKET, "DatabaseName": "sales", **parts}


HELD = [
    entry(
        "notebooks",
        {"TableWithColumns": table(Name="ALL_TABLES", ColumnWildcard={})},
        "SELECT",
    ),
    entry("bi", {"TableWithColumns": table(Name="orders", ColumnNames=["day"])}, "SELECT"),
]


def problems(held: list[Any] = HELD, **changes: Any) -> list[str]:
    return grants.verify(governed(), FakeAccount(held, **changes))  # type: ignore[arg-type]


def test_an_account_that_holds_what_is_declared_has_no_problems() -> None:
    assert problems() == []


def test_a_grant_that_is_not_held_is_named() -> None:
    [found] = problems(HELD[:1])
    assert found.startswith("missing: SELECT on millrace-example.sales.orders(day) for")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": {"DataLakeAdmins": []}}, "role/platform is no Lake Formation administrator"),
        (
            {"settings": {"AllowFullTableExternalDataAccess": False}},
            "settings let no engine outside AWS in",
        ),
        (
            {"catalog": {"AllowFullTableExternalDataAccess": "False"}},
            "s3tablescatalog lets no engine outside AWS in",
        ),
        (
            {"catalog": {"CreateTableDefaultPermissions": [{"Permissions": ["ALL"]}]}},
            "new objects are open to whom IAM lets in",
        ),
        ({"allowed": "s3tables:GetTableData"}, "may pass by Lake Formation: s3tables:GetTableData"),
    ],
)
def test_what_would_undo_the_grants_is_found(changes: dict[str, Any], message: str) -> None:
    assert message in "\n".join(problems(**changes))


def test_a_reader_that_became_an_administrator_is_found() -> None:
    admins = [
        {"DataLakePrincipalIdentifier": arn}
        for arn in (f"{ROLE}/platform", f"{ROLE}/millrace-example-reader-bi")
    ]
    [found] = problems(settings={"DataLakeAdmins": admins})
    assert found.startswith("reader bi (")


def test_a_stack_without_lake_formation_has_nothing_to_verify() -> None:
    bare = grants.read(EXAMPLE | {"millrace:governance": {}}, "example", "123456789012")
    assert grants.verify(bare, FakeAccount([])) == []  # type: ignore[arg-type]


def test_the_truth_table_has_a_row_a_grant_and_each_reason_once() -> None:
    text = grants.render(grants.explain(governed()))
    lines = text.splitlines()
    assert lines[0].split() == [
        *("reader", "object", "actions"),
        *("spark", "athena", "redshift", "emr"),
    ]
    assert "notebooks  millrace-example.sales.*" in text
    row = next(line for line in lines if "orders(day)" in line)
    assert row.split()[3:5] == ["denied", "[1]"]
    reasons = [line.partition("] ")[2] for line in lines if line.startswith("[")]
    assert len(reasons) == len(set(reasons))


def test_explaining_needs_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {**EXAMPLE, "millrace:governance": GOVERNANCE}
    monkeypatch.setattr(grants, "read_settings", lambda _: settings)
    arguments = argparse.Namespace(action="explain", json=True, stack="example", cloud="")
    text, code = grants.run(arguments, Redactor())
    assert code == 0
    told = json.loads(text)
    assert [each["reader"] for each in told["grants"]] == ["bi", "notebooks"]
    assert [each["role"] for each in told["by_iam"]] == ["Spark (leaders, workers)"]


def test_who_reads_and_writes_past_lake_formation_is_told() -> None:
    settings = copy.deepcopy(EXAMPLE)
    settings["millrace:access"]["ingest"] = {
        "airflow": {
            "trusted": [f"{ROLE}/airflow"],
            "into": [{"namespace": "sales", "tables": ["orders"]}, {"namespace": "default"}],
            "create_tables": True,
        }
    }
    made = grants.read(settings, "example", "123456789012")
    assert grants.render_by_iam(grants.by_iam(made)).splitlines() == [
        "by IAM, past Lake Formation:",
        "  Spark (leaders, workers) reads and writes millrace-example.*; makes tables",
        "  millrace-example-ingest-airflow reads and writes millrace-example.sales.orders, "
        "millrace-example.default.*; makes tables",
    ]


def test_a_spark_that_is_a_reader_passes_nobody_by() -> None:
    made = governed(spark_reader="notebooks")
    assert grants.by_iam(made) == []
    assert grants.render_by_iam([]).startswith("nobody")


def test_a_grant_by_tag_says_what_carries_the_tag() -> None:
    made = governed(
        lf_tags={"domain": ["sales"]},
        tagged=[{"namespace": "sales", "tags": {"domain": "sales"}}],
        grants=[{"to": "bi", "tags": {"domain": ["sales"]}}],
    )
    rows = grants.explain(made)
    assert [each["covers"] for each in rows] == [["millrace-example.sales.*"]]
    assert "  millrace-example.sales.*" in grants.render(rows)
    [by_name] = grants.explain(governed(grants=[GOVERNANCE["grants"][0]]))
    assert by_name["covers"] == []


def test_tags_that_are_not_as_declared_are_deviations() -> None:
    made = governed(
        lf_tags={"domain": ["finance", "sales"]},
        tagged=[{"namespace": "sales", "tags": {"domain": "sales"}}],
        grants=[],
    )
    pair = [{"TagKey": "domain", "TagValues": ["finance"]}]

    def carried(asked: dict[str, Any]) -> dict[str, Any]:
        is_sales = asked["Resource"]["Database"]["Name"] == "sales"
        return {"LFTagOnDatabase": pair if is_sales else []}

    account = FakeAccount(
        [],
        tags={
            "list_lf_tags": {"LFTags": [{"TagKey": "domain", "TagValues": ["finance"]}]},
            "get_resource_lf_tags": carried,
        },
    )
    assert grants.verify(made, account) == [  # type: ignore[arg-type]
        "missing: LF-tag domain=sales",
        "missing: LF-tag domain=sales on millrace-example.sales",
        "surplus: LF-tag domain=finance on millrace-example.sales",
    ]
