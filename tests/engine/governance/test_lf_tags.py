"""LF-tags as code under the real engine: made, attached, moved and gone, and never fought over."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse.errors import ToolError
from tests.engine.place import ACCOUNT_ID, Place

pytestmark = pytest.mark.engine

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role"
SALES, PII = {"domain": "sales"}, {"pii": "yes"}


def governed(**changes: Any) -> dict[str, Any]:
    base = {
        "federation": "create",
        "admins": [f"{ROLE}/platform"],
        "readers": {"bi": {"engines": ["athena"], "trusted": [f"{ROLE}/bi"]}},
        "lf_tags": {"domain": ["finance", "sales"], "pii": ["yes"]},
    }
    return {**base, **changes}


def defined(place: Place) -> dict[str, list[str]]:
    found = place.client("lakeformation").list_lf_tags()["LFTags"]
    return {each["TagKey"]: each["TagValues"] for each in found}


def carried(place: Place, namespace: str, table: str = "") -> dict[str, str]:
    catalog = f"{ACCOUNT_ID}:s3tablescatalog/millrace-one"
    named = {"CatalogId": catalog, "DatabaseName": namespace, "Name": table}
    space = {"CatalogId": catalog, "Name": namespace}
    found = place.client("lakeformation").get_resource_lf_tags(
        Resource={"Table": named} if table else {"Database": space}, ShowAssignedLFTags=True
    )
    own = found.get("LFTagsOnTable" if table else "LFTagOnDatabase") or []
    return {each["TagKey"]: each["TagValues"][0] for each in own}


def test_tags_and_what_carries_them_follow_the_stack_file(place: Place) -> None:
    stack = place.stack("one")
    by_tag = [{"to": "bi", "tags": {"domain": ["sales"]}, "actions": ["select", "describe"]}]
    on_table = {"namespace": "sales", "table": "people", "tags": PII}

    with pytest.raises(ToolError, match="there is no such object; make the table first"):
        stack.up(governance=governed(tagged=[on_table], grants=by_tag))
    place.make_table("millrace-one", "sales", "people")
    stack.up(
        governance=governed(tagged=[{"namespace": "sales", "tags": SALES}, on_table], grants=by_tag)
    )
    assert defined(place) == {"domain": ["finance", "sales"], "pii": ["yes"]}
    assert carried(place, "sales") == SALES
    assert carried(place, "sales", "people") == PII
    assert stack.problems() == []

    # Another value of a tag is a change in place; so is one tag less.
    moved = [{"namespace": "sales", "tags": {"domain": "finance"}}, on_table]
    assert stack.steps(governance=governed(tagged=moved, grants=by_tag)) == ["update Tagging"]
    stack.up()
    assert carried(place, "sales") == {"domain": "finance"}
    assert stack.problems() == []

    # What is said of a bucket is said of its namespaces, and what is said of one of them wins.
    whole = [{"tags": SALES}, {"namespace": "hr", "tags": {"domain": "finance"}}, on_table]
    stack.up(governance=governed(tagged=whole, grants=by_tag))
    assert carried(place, "sales") == SALES
    assert carried(place, "hr") == {"domain": "finance"}

    # Values go with what carried them, in the order that Lake Formation allows.
    fewer = {"lf_tags": {"domain": ["sales"]}, "tagged": [{"namespace": "sales", "tags": SALES}]}
    stack.up(governance=governed(**fewer, grants=by_tag))
    assert defined(place) == {"domain": ["sales"]}
    assert carried(place, "hr") == {}
    assert carried(place, "sales", "people") == {}
    assert stack.problems() == []

    table = {"namespace": "sales", "name": "people"}
    bucket = f"arn:aws:s3tables:eu-central-1:{ACCOUNT_ID}:bucket/millrace-one"
    place.client("s3tables").delete_table(tableBucketARN=bucket, **table)
    stack.destroy()
    assert defined(place) == {}
    assert place.grants() == {}
    assert place.notes() == []


def test_what_another_hand_did_to_tags_is_found_and_put_right(place: Place) -> None:
    stack = place.stack("one")
    stack.up(governance=governed(tagged=[{"namespace": "sales", "tags": SALES}]))
    lake = place.client("lakeformation")
    catalog = f"{ACCOUNT_ID}:s3tablescatalog/millrace-one"
    spaces = {each: {"Database": {"CatalogId": catalog, "Name": each}} for each in ("sales", "hr")}
    finance = [{"TagKey": "domain", "TagValues": ["finance"]}]
    for each in spaces.values():
        lake.add_lf_tags_to_resource(Resource=each, LFTags=finance)
    assert stack.problems() == [
        "surplus: LF-tag domain=finance on millrace-one.hr",
        "missing: LF-tag domain=sales on millrace-one.sales",
        "surplus: LF-tag domain=finance on millrace-one.sales",
    ]
    stack.program.refresh(quiet)
    stack.up()
    assert stack.problems() == ["surplus: LF-tag domain=finance on millrace-one.hr"]
    lake.remove_lf_tags_from_resource(Resource=spaces["hr"], LFTags=finance)
    stack.destroy()


def test_two_stacks_share_tags_and_leave_those_of_others(place: Place) -> None:
    lake = place.client("lakeformation")
    lake.create_lf_tag(TagKey="domain", TagValues=["legal", "sales"])
    first, second = place.stack("one"), place.stack("two")
    first.up(governance=governed(tagged=[{"tags": SALES}]))
    second.up(governance=_using({"domain": ["finance", "sales"], "pii": ["no", "yes"]}))
    assert defined(place) == {"domain": ["finance", "legal", "sales"], "pii": ["no", "yes"]}

    first.destroy()
    assert defined(place) == {"domain": ["finance", "legal", "sales"], "pii": ["no", "yes"]}
    assert second.problems() == []
    second.program.preview(quiet, expect_no_changes=True)

    second.destroy()
    assert defined(place) == {"domain": ["legal", "sales"]}, "what was there before us stays"
    assert place.notes() == []


def _using(tags: dict[str, list[str]]) -> dict[str, Any]:
    return governed(federation="use", lf_tags=tags, tagged=[{"tags": {"pii": "yes"}}])


def quiet(_: str) -> None:
    """Nobody reads it."""
