"""Stacks that share an account under the real engine: what is one to the account serves both."""

from __future__ import annotations

import pytest

from lakehouse.errors import ToolError
from tests.engine.governance.declared import ORDERS, ROLE, governed
from tests.engine.place import ACCOUNT_ID, Place
from toolchain.progress import quiet

pytestmark = pytest.mark.engine


def test_two_stacks_share_what_is_one_to_an_account(place: Place) -> None:
    first, second = place.stack("one"), place.stack("two")
    using = governed({**ORDERS, "bucket": "millrace-one"}, federation="use")
    using["other_buckets"] = {"millrace-one": ["sales"]}

    with pytest.raises(ToolError, match="there is no s3tablescatalog"):
        second.up(governance=using)
    first.up(governance=governed(ORDERS))
    second.up(governance=using)
    assert first.problems() == [
        f"surplus: SELECT on millrace-one.sales.orders for {ROLE}/millrace-two-reader-bi"
    ], "the owner of a bucket sees what others were granted on it"
    assert second.problems() == []

    # The stack that made the catalog goes: the other one keeps all it needs.
    first.destroy()
    assert place.has_catalog()
    assert place.admins() == {"platform"}
    assert second.problems() == []
    second.program.preview(quiet, expect_no_changes=True)
    assert {role for role, _ in place.grants()} == {"millrace-two-reader-bi"}

    # It is the last: what stacks of ours made is gone.
    second.destroy()
    assert not place.has_catalog()
    assert place.admins() == set()
    assert place.notes() == []
    assert not [each for each in place.roles() if each.startswith("millrace")]


def test_settings_are_as_they_were_when_the_last_stack_has_gone(place: Place) -> None:
    lake = place.client("lakeformation")
    others = {
        "DataLakeAdmins": [{"DataLakePrincipalIdentifier": f"{ROLE}/founder"}],
        "ReadOnlyAdmins": [{"DataLakePrincipalIdentifier": f"{ROLE}/audit"}],
        "CreateTableDefaultPermissions": [
            {
                "Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"},
                "Permissions": ["ALL"],
            }
        ],
        "Parameters": {"CROSS_ACCOUNT_VERSION": "4", "SET_SOURCE_IDENTITY": "TRUE"},
        "TrustedResourceOwners": ["210987654321"],
        "AllowFullTableExternalDataAccess": True,
    }
    lake.put_data_lake_settings(DataLakeSettings=others)
    before = place.settings()
    first, second = place.stack("one"), place.stack("two")
    boundary = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"
    first.up(governance=governed(), access={"permissions_boundary": boundary})
    role = place.client("iam").get_role(RoleName="millrace-s3tables-eu-central-1")["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    second.up(governance=governed(federation="use", admins=[f"{ROLE}/founder", f"{ROLE}/second"]))
    assert place.admins() == {"founder", "platform", "second"}
    first.destroy()
    assert place.admins() == {"founder", "second"}
    assert second.problems() == []
    second.program.preview(quiet, expect_no_changes=True)
    second.destroy()
    assert place.settings() == before, "what others set is theirs, to the last field"
    assert place.notes() == []


def test_the_user_goes_first_and_the_maker_keeps_everything(place: Place) -> None:
    first, second = place.stack("one"), place.stack("two")
    first.up(governance=governed(ORDERS))
    second.up(governance=governed(ORDERS, federation="use"))
    second.destroy()
    assert first.problems() == []
    first.program.preview(quiet, expect_no_changes=True)
    first.destroy()
    assert not place.has_catalog()


def test_a_catalog_of_another_hand_is_used_and_left_alone(place: Place) -> None:
    glue = place.client("glue")
    given = {
        "FederatedCatalog": {
            "Identifier": f"arn:aws:s3tables:eu-central-1:{ACCOUNT_ID}:bucket/*",
            "ConnectionName": "aws:s3tables",
        },
        "AllowFullTableExternalDataAccess": "True",
        "CreateTableDefaultPermissions": [
            {
                "Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"},
                "Permissions": ["ALL"],
            }
        ],
    }
    glue.create_catalog(Name="s3tablescatalog", CatalogInput=given)
    stack = place.stack("one")
    with pytest.raises(ToolError, match=r"was made by another hand.*write use"):
        stack.up(governance=governed(ORDERS))
    with pytest.raises(ToolError, match="no grant would hold"):
        stack.up(governance=governed(ORDERS, federation="use"))
    del given["CreateTableDefaultPermissions"]
    glue.update_catalog(CatalogId="s3tablescatalog", CatalogInput=given)
    stack.up(governance=governed(ORDERS, federation="use"))
    assert stack.problems() == []
    stack.destroy()
    assert place.has_catalog(), "it was there before"
    assert place.notes() == []


def test_two_makers_are_one_too_many(place: Place) -> None:
    first, second = place.stack("one"), place.stack("two")
    first.up(governance=governed())
    with pytest.raises(ToolError, match=r"was made by stack millrace-one.*write use"):
        second.up(governance=governed())
    second.destroy()
    assert place.has_catalog()
    first.destroy()
