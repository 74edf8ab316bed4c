"""LF-tags: an object has one value of a key, a table its namespace's, and a value in use stays."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

CATALOG = "123456789012:s3tablescatalog/lake"
SPACE = {"Database": {"CatalogId": CATALOG, "Name": "sales"}}
TABLE = {"Table": {"CatalogId": CATALOG, "DatabaseName": "sales", "Name": "orders"}}


@pytest.fixture
def lake(cloud: Any) -> Any:
    tables = cloud.s3tables
    arn = tables.create_table_bucket(name="lake")["arn"]
    tables.create_namespace(tableBucketARN=arn, namespace=["sales"])
    tables.create_table(tableBucketARN=arn, namespace="sales", name="orders", format="ICEBERG")
    cloud.lakeformation.create_lf_tag(TagKey="domain", TagValues=["Sales", "finance"])
    cloud.lakeformation.create_lf_tag(TagKey="pii", TagValues=["no", "yes"])
    return cloud.lakeformation


def pair(key: str, value: str) -> list[dict[str, Any]]:
    return [{"TagKey": key, "TagValues": [value]}]


def attach(lake: Any, resource: dict[str, Any], key: str, value: str) -> list[dict[str, Any]]:
    answer = lake.add_lf_tags_to_resource(Resource=resource, LFTags=pair(key, value))
    return list(answer["Failures"])


def test_tags_are_kept_in_lower_case_and_made_once(lake: Any) -> None:
    assert lake.get_lf_tag(TagKey="domain")["TagValues"] == ["finance", "sales"]
    with pytest.raises(ClientError, match="already exists"):
        lake.create_lf_tag(TagKey="domain", TagValues=["other"])
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        lake.get_lf_tag(TagKey="other")
    assert [each["TagKey"] for each in lake.list_lf_tags()["LFTags"]] == ["domain", "pii"]


def test_tags_are_listed_in_pages(lake: Any) -> None:
    first = lake.list_lf_tags(MaxResults=1)
    second = lake.list_lf_tags(MaxResults=1, NextToken=first["NextToken"])
    assert [each["LFTags"][0]["TagKey"] for each in (first, second)] == ["domain", "pii"]
    assert "NextToken" not in second


def test_another_value_takes_the_place_of_the_first(lake: Any) -> None:
    assert attach(lake, SPACE, "domain", "sales") == []
    assert attach(lake, SPACE, "pii", "no") == []
    assert attach(lake, SPACE, "domain", "finance") == []
    found = lake.get_resource_lf_tags(Resource=SPACE)["LFTagOnDatabase"]
    assert found == [*pair("domain", "finance"), *pair("pii", "no")]


def test_a_table_has_what_its_namespace_has(lake: Any) -> None:
    attach(lake, SPACE, "domain", "sales")
    attach(lake, TABLE, "pii", "yes")
    found = lake.get_resource_lf_tags(Resource=TABLE)
    assert found["LFTagsOnTable"] == [*pair("domain", "sales"), *pair("pii", "yes")]
    assert found["LFTagOnDatabase"] == pair("domain", "sales")
    own = lake.get_resource_lf_tags(Resource=TABLE, ShowAssignedLFTags=True)
    assert own["LFTagsOnTable"] == pair("pii", "yes")


def test_what_is_not_known_is_a_failure_and_what_is_not_there_an_error(lake: Any) -> None:
    [failure] = attach(lake, SPACE, "domain", "legal")
    assert failure["Error"]["ErrorCode"] == "EntityNotFoundException"
    missing = {"Table": {**TABLE["Table"], "Name": "nobody"}}
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        attach(lake, missing, "domain", "sales")


def test_a_value_that_something_carries_stays(lake: Any) -> None:
    attach(lake, TABLE, "domain", "sales")
    with pytest.raises(ClientError, match="Update not allowed"):
        lake.update_lf_tag(TagKey="domain", TagValuesToDelete=["sales"])
    lake.update_lf_tag(TagKey="domain", TagValuesToDelete=["finance"], TagValuesToAdd=["legal"])
    assert lake.get_lf_tag(TagKey="domain")["TagValues"] == ["legal", "sales"]
    lake.delete_lf_tag(TagKey="domain")
    assert lake.get_resource_lf_tags(Resource=TABLE)["LFTagsOnTable"] == []


def test_taking_off_what_is_not_attached_is_a_failure(lake: Any) -> None:
    attach(lake, TABLE, "pii", "yes")
    remove = lake.remove_lf_tags_from_resource
    assert remove(Resource=TABLE, LFTags=pair("pii", "no"))["Failures"]
    assert remove(Resource=TABLE, LFTags=pair("pii", "yes"))["Failures"] == []
    assert lake.get_resource_lf_tags(Resource=TABLE)["LFTagsOnTable"] == []
