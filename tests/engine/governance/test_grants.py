"""Grants as code under the real engine: what the account holds is what is declared, each time."""

from __future__ import annotations

import json
import logging
import resource
import time

import pytest

from tests.engine.governance.declared import ORDERS, ROLE, governed
from tests.engine.place import ACCOUNT_ID, Place
from toolchain.progress import quiet

pytestmark = pytest.mark.engine

log = logging.getLogger(__name__)

PREVIEW_SECONDS = 30
"""Goal for 500 grants and 44 namespaces, in seconds of a processor: what neighbours on the
machine take of the clock says nothing about the program."""


def test_grants_of_every_kind_are_held_narrowed_moved_and_revoked(place: Place) -> None:
    stack = place.stack("one")
    place.client("lakeformation").put_data_lake_settings(
        DataLakeSettings={"DataLakeAdmins": [{"DataLakePrincipalIdentifier": f"{ROLE}/founder"}]}
    )
    people = {"to": "bi", "namespace": "hr", "table": "people"}
    every_kind = [
        {**ORDERS, "actions": ["all"], "grantable": ["describe"]},
        {"to": "bi", "actions": ["describe"]},
        {"to": "bi", "namespace": "sales", "actions": ["describe", "create_table"]},
        {"to": "notebooks", "namespace": "sales", "table": "*"},
        {**people, "columns": ["name", "city"]},
        {**people, "rows": "country = 'de'", "except_columns": ["salary"]},
        {"to": "bi", "tags": {"team": ["bi"]}},
    ]
    tags = {"lf_tags": {"team": ["bi"]}}

    stack.up(governance=governed(*every_kind, **tags))
    place.make_table("millrace-one", "sales", "orders")
    assert stack.problems() == []
    assert place.admins() == {"founder", "platform"}, "merged, not replaced"
    assert place.settings()["AllowFullTableExternalDataAccess"] is True
    assert len(place.grants()) == len(every_kind)

    # Run again: nothing to do, whatever form the service returns things in.
    assert stack.steps() == []

    # Added: one more, and nothing else is touched.
    more = [*every_kind, {"to": "bi", "namespace": "hr", "table": "*", "actions": ["describe"]}]
    assert stack.steps(governance=governed(*more, **tags)) == ["create Grant"]
    stack.up()
    assert stack.problems() == []
    assert len(place.grants()) == len(more)
    stack.up(governance=governed(*every_kind, **tags))
    assert stack.problems() == []
    assert len(place.grants()) == len(every_kind)

    # Narrowed: one update, and the account follows.
    narrowed = [{**ORDERS, "actions": ["select"]}, *every_kind[1:]]
    assert stack.steps(governance=governed(*narrowed, **tags)) == ["update Grant"]
    stack.up()
    assert stack.problems() == []
    [held] = [v for (_, key), v in place.grants().items() if "orders" in key]
    assert held == {"SELECT"}

    # The table is renamed: its grant moves along.
    bucket = f"arn:aws:s3tables:eu-central-1:{ACCOUNT_ID}:bucket/millrace-one"
    place.client("s3tables").rename_table(
        tableBucketARN=bucket, namespace="sales", name="orders", newName="sold"
    )
    renamed = [{**ORDERS, "table": "sold"}, *every_kind[1:]]
    assert stack.steps(governance=governed(*renamed, **tags)) == ["create Grant", "delete Grant"]
    stack.up()
    assert stack.problems() == []
    assert not [key for _, key in place.grants() if "orders" in key]

    # Another row condition is another filter, and the old one is gone.
    rows = [*renamed[:5], {**renamed[5], "rows": "country = 'fr'"}, renamed[6]]
    stack.up(governance=governed(*rows, **tags))
    filters = place.client("lakeformation").list_data_cells_filter()["DataCellsFilters"]
    assert [each["RowFilter"]["FilterExpression"] for each in filters] == ["country = 'fr'"]
    assert stack.problems() == []

    # Revoked: gone, and seen to be gone.
    stack.up(governance=governed(renamed[1]))
    assert stack.problems() == []
    assert len(place.grants()) == 1

    place.client("s3tables").delete_table(tableBucketARN=bucket, namespace="sales", name="sold")
    stack.destroy()
    assert place.grants() == {}
    assert place.admins() == {"founder"}, "what was there before stays"
    assert place.settings()["AllowFullTableExternalDataAccess"] is False
    assert not place.has_catalog()
    assert place.notes() == []
    assert not [each for each in place.roles() if each.startswith("millrace")]


def test_what_another_hand_changed_is_found_and_put_right(place: Place) -> None:
    stack = place.stack("one")
    stack.up(governance=governed(ORDERS))
    lake = place.client("lakeformation")
    who = {"DataLakePrincipalIdentifier": f"{ROLE}/millrace-one-reader-bi"}
    table = {
        "CatalogId": f"{ACCOUNT_ID}:s3tablescatalog/millrace-one",
        "DatabaseName": "sales",
        "Name": "orders",
    }
    lake.revoke_permissions(Principal=who, Resource={"Table": table}, Permissions=["SELECT"])
    lake.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"},
        Resource={"Table": {**table, "Name": "people"}},
        Permissions=["ALL"],
    )
    place.client("iam").put_role_policy(
        RoleName="millrace-one-reader-bi",
        PolicyName="extra",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": "s3tables:*", "Resource": "*"},
            }
        ),
    )
    problems = stack.problems()
    assert [each.partition(":")[0] for each in problems[:2]] == ["open", "missing"]
    assert "may pass by Lake Formation: s3tables:GetTableData" in problems[2]

    stack.program.refresh(quiet)
    assert stack.steps() == ["create Grant"]
    stack.up()
    assert not [each for each in stack.problems() if each.startswith("missing")]
    stack.destroy()


def test_500_grants_and_44_namespaces_cost_little_to_preview(place: Place) -> None:
    namespaces = [f"ns_{index:02}" for index in range(44)]
    grants = [
        {
            "to": ("bi", "notebooks")[index % 2],
            "namespace": namespaces[index % 44],
            "table": f"table_{index}",
            "actions": ["select", "describe"],
        }
        for index in range(500)
    ]
    catalog = {"namespaces": namespaces, "protect": False, "key_deletion_days": 7}
    stack = place.stack("big", catalog=catalog)
    taken, worked = {}, {}
    for name, run in (
        ("first preview", lambda: stack.steps(governance=governed(*grants))),
        ("up", lambda: stack.program.up(quiet)),
        ("second preview", lambda: stack.program.preview(quiet, expect_no_changes=True)),
        ("verify", stack.problems),
    ):
        begun, before = time.monotonic(), processor_seconds()
        found = run()
        taken[name] = round(time.monotonic() - begun, 1)
        worked[name] = round(processor_seconds() - before, 1)
        if name == "verify":
            assert found == []
    log.info("500 grants, 44 namespaces, in seconds: %s; of a processor: %s", taken, worked)
    assert max(worked["first preview"], worked["second preview"]) <= PREVIEW_SECONDS, (
        f"{worked} of a processor, {taken} by the clock"
    )
    assert min(worked["first preview"], worked["second preview"]) > 0, "nothing was measured"


def processor_seconds() -> float:
    """What processes that this one started and that have ended took: engine, program, plugins."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime
