"""Governance: grants as the service returns them, and nothing at all where nobody asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components._dynamic_grant import GrantProvider
from components.governance import Governance, GovernanceArgs
from lakehouse.config import GovernanceConfig
from lakehouse.grants import bypass
from lakehouse.grants.declared import declare
from tests.components.programs import ACCOUNT, GOVERNED, NAMES, TIERS, governance
from tests.components.recorder import ACCOUNT_ID, Recorded, build

CATALOG = f"{ACCOUNT_ID}:s3tablescatalog/tables"


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return build(lambda: governance("gov"))


def test_a_stack_that_does_not_ask_gets_nothing() -> None:
    shape = GovernanceConfig()
    declared = declare(shape, account=ACCOUNT, names=NAMES, tiers=TIERS)
    args = GovernanceArgs(names=NAMES, shape=shape, declared=declared)
    recorded = build(lambda: Governance.where_asked("gov", args))
    assert recorded.resources == [], "not even a component"


def test_a_grant_is_sent_in_the_form_in_which_it_comes_back(recorded: Recorded) -> None:
    inputs = [dict(each.inputs) for each in recorded.of("Grant")]
    by_object = {each["object"]: each for each in inputs}
    every = by_object["tables.sales.*"]
    assert every["resource"] == {
        "Table": {"CatalogId": CATALOG, "DatabaseName": "sales", "TableWildcard": {}}
    }
    assert every["permissions"] == ["SELECT"]
    assert by_object["tables"]["resource"] == {"Catalog": {"Id": CATALOG}}
    assert all("ALL" not in each["permissions"] for each in inputs)


def test_preview_says_who_enforces_a_grant(recorded: Recorded) -> None:
    by_object = {each.inputs["object"]: each.inputs["enforced_by"] for each in recorded.of("Grant")}
    assert by_object["tables.sales.*"] == ["spark", "athena", "redshift", "emr"]
    assert by_object["tables.sales.orders(day, sum)"] == ["athena", "redshift", "emr"]


def test_rows_are_a_filter_that_the_grant_waits_for(recorded: Recorded) -> None:
    made = recorded.one("CellsFilter").inputs["filter"]
    assert made["RowFilter"] == {"FilterExpression": "country = 'de'"}
    [grant] = [
        each for each in recorded.of("Grant") if "DataCellsFilter" in each.inputs["resource"]
    ]
    assert grant.inputs["resource"]["DataCellsFilter"]["Name"] == made["Name"]
    waits = [urn for urn in grant.options.dependencies if "CellsFilter" in urn]
    assert len(waits) == 1


def test_grants_wait_for_the_account_and_for_their_reader(recorded: Recorded) -> None:
    [grant] = [each for each in recorded.of("Grant") if each.inputs["object"] == "tables.sales.*"]
    kinds = {urn.split("::")[2].rpartition(":")[2] for urn in grant.options.dependencies}
    assert {"Federation", "LakeFormationSettings", "Role"} <= kinds


def test_each_reader_without_an_arn_gets_a_role_that_people_can_name(recorded: Recorded) -> None:
    names = {each.inputs["name"] for each in recorded.of("Role")}
    assert names == {"millrace-example-reader-notebooks", "millrace-example-reader-dashboards"}
    boundaries = {each.inputs["permissionsBoundary"] for each in recorded.of("Role")}
    assert boundaries == {f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"}


def test_no_reader_s_role_passes_by_lake_formation(recorded: Recorded) -> None:
    for each in recorded.of("RolePolicy"):
        statements = json.loads(each.inputs["policy"])["Statement"]
        assert bypass.in_statements(statements) == (), each.name


def test_the_stack_s_leaders_may_take_the_role_of_its_spark_and_no_other(
    recorded: Recorded,
) -> None:
    trusted = {
        each.name: each.inputs["assumeRolePolicy"]
        for each in recorded.of("Role")
        if "-leader-" in each.inputs["assumeRolePolicy"]
    }
    assert list(trusted) == ["gov-reader-notebooks"]
    assert "role/millrace-example-*-leader-*" in trusted["gov-reader-notebooks"]


@pytest.mark.parametrize("mode", ["create", "use"])
def test_what_is_one_to_an_account_is_claimed_under_the_stack_s_name(mode: str) -> None:
    recorded = build(lambda: governance("gov", federation=mode))
    made = recorded.one("Federation").inputs
    assert (made["mode"], made["stack"]) == (mode, "millrace-example")
    settings = recorded.one("LakeFormationSettings").inputs
    assert settings["admins"] == GOVERNED["admins"]


def test_what_the_engine_keeps_of_our_resources_is_a_name_and_no_secret(
    recorded: Recorded,
) -> None:
    own = [each for each in recorded.custom if each.type.startswith("pulumi-python:")]
    assert own
    for each in own:
        assert len(each.inputs["__provider"]) < 200, "code in the state changes with every edit"
        assert each.inputs["__provider"] in each.clear_text


def change(**olds: Any) -> dict[str, Any]:
    base = {
        "account_id": ACCOUNT_ID,
        "region": "eu-central-1",
        "principal": "p",
        "resource": {"Catalog": {"Id": CATALOG}},
        "permissions": ["DESCRIBE"],
        "grantable": [],
        "enforced_by": [],
    }
    return {**base, **olds}


@pytest.mark.parametrize(
    ("olds", "changes", "replaces"),
    [
        ({}, False, []),
        ({"object": "said otherwise"}, False, []),
        ({"permissions": ["DESCRIBE", "DROP"]}, True, []),
        ({"principal": "q"}, True, ["principal"]),
        ({"region": "eu-west-1"}, True, ["region"]),
        ({"resource": {"Catalog": {"Id": "other"}}}, True, ["resource"]),
    ],
)
def test_a_grant_changes_in_place_unless_it_is_another_one(
    olds: dict[str, Any], changes: bool, replaces: list[str]
) -> None:
    found = GrantProvider().diff("id", change(**olds), change())
    assert (found.changes, found.replaces) == (changes, replaces)


TAGGED = {
    "lf_tags": {"domain": ["finance", "sales"]},
    "tagged": [
        {"tags": {"domain": "sales"}},
        {"namespace": "sales", "table": "orders", "tags": {"domain": "finance"}},
    ],
    "grants": [{"to": "dashboards", "tags": {"domain": ["sales"]}}],
}


def test_tags_are_made_before_what_carries_them_and_before_grants_by_them() -> None:
    recorded = build(lambda: governance("gov", **TAGGED))
    values = {each.name for each in recorded.of("LfTag")}
    assert values == {"gov-tag-domain=finance", "gov-tag-domain=sales"}
    for each in [*recorded.of("Tagging"), *recorded.of("Grant")]:
        waits = {urn.rpartition("::")[2] for urn in each.options.dependencies}
        assert values <= waits, "values are taken away last: Lake Formation refuses otherwise"


def test_each_object_s_tags_are_one_resource() -> None:
    recorded = build(lambda: governance("gov", **TAGGED))
    carried = {each.inputs["object"]: each.inputs["tags"] for each in recorded.of("Tagging")}
    assert carried == {
        "tables.default": {"domain": "sales"},
        "tables.sales": {"domain": "sales"},
        "tables.sales.orders": {"domain": "finance"},
    }
