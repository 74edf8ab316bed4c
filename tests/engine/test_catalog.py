"""Tiers, maintenance and protection under the real engine, in an account on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import ToolError
from tests.engine.accounts import REGION
from tests.engine.place import ACCOUNT_ID, Place, place_for
from toolchain.progress import quiet

pytestmark = pytest.mark.engine

PROGRAM = '''
"""The catalog of a stack, and something beside it that would be easy to delete."""

import pulumi
import pulumi_aws as aws
from components.catalog import Catalog, CatalogArgs
from components.stack import settings
from lakehouse.config import LakehouseConfig
from lakehouse.names import Names
from lakehouse.policies import Account
from lakehouse.tiers import tiers

names = Names(project=pulumi.get_project(), stack=pulumi.get_stack())
config = LakehouseConfig.from_pulumi(settings())
aws.ssm.Parameter("bystander", name=f"/{names.prefix}/bystander", type="String", value="here")
Catalog(
    names.prefix,
    CatalogArgs(
        account=Account(region=config.region, account_id="123456789012"),
        names=names,
        shape=config.catalog,
        tiers=tiers(config.catalog, names),
        tags=names.tags(config.tags),
    ),
)
'''

OPEN = {"namespaces": ["default"], "protect": False, "key_deletion_days": 7}
TIERS = {"bronze": {"namespaces": ["raw"]}, "gold": {"namespaces": ["reports", "default"]}}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_for(PROGRAM, tmp_path) as found:
        yield found


def arn(bucket: str) -> str:
    return f"arn:aws:s3tables:{REGION}:{ACCOUNT_ID}:bucket/{bucket}"


def buckets(place: Place) -> dict[str, set[str]]:
    """Table bucket -> its namespaces."""
    tables = place.client("s3tables")
    return {
        each["name"]: {
            namespace["namespace"][0]
            for namespace in tables.list_namespaces(tableBucketARN=each["arn"])["namespaces"]
        }
        for each in tables.list_table_buckets()["tableBuckets"]
    }


def compaction(place: Place, bucket: str, namespace: str, table: str) -> dict[str, Any]:
    found = place.client("s3tables").get_table_maintenance_configuration(
        tableBucketARN=arn(bucket), namespace=namespace, name=table
    )["configuration"]["icebergCompaction"]
    return dict(found["settings"]["icebergCompaction"])


def sorted_by_something(place: Place, bucket: str, namespace: str, table: str) -> None:
    """Give a table metadata with a sort order, as an engine writes it."""
    where = {"tableBucketARN": arn(bucket), "namespace": namespace, "name": table}
    found = place.client("s3tables").get_table(**where)
    location = f"{found['warehouseLocation']}/metadata/1.json"
    backing, _, key = location.removeprefix("s3://").partition("/")
    place.client("s3").put_object(
        Bucket=backing, Key=key, Body=json.dumps({"default-sort-order-id": 1})
    )
    place.client("s3tables").update_table_metadata_location(
        **where, versionToken=found["versionToken"], metadataLocation=location
    )


def test_tiers_come_change_and_go_without_touching_each_other(place: Place) -> None:
    stack = place.stack("tiers", catalog=OPEN)
    stack.up()
    assert buckets(place) == {"millrace-tiers": {"default"}}

    # Three operations a tier, one for the key's policy: the first bucket is not among them.
    assert stack.steps(catalog={**OPEN, "tiers": TIERS}) == [
        "create Namespace",
        "create Namespace",
        "create Namespace",
        "create TableBucket",
        "create TableBucket",
        "update KeyPolicy",
    ]
    stack.up()
    assert buckets(place) == {
        "millrace-tiers": {"default"},
        "millrace-tiers-bronze": {"raw"},
        "millrace-tiers-gold": {"reports", "default"},
    }

    quick = {**TIERS, "bronze": {"namespaces": ["raw"], "unreferenced_days": 1}}
    assert stack.steps(catalog={**OPEN, "tiers": quick}) == ["update TableBucket"]
    stack.up()

    frozen = {**quick, "gold": {**TIERS["gold"], "storage_class": "INTELLIGENT_TIERING"}}
    assert stack.steps(catalog={**OPEN, "tiers": frozen}) == ["create BucketStorageClass"]
    stack.up()
    found = place.client("s3tables").get_table_bucket_storage_class(
        tableBucketARN=arn("millrace-tiers-gold")
    )
    assert found["storageClassConfiguration"]["storageClass"] == "INTELLIGENT_TIERING"

    stack.up(catalog={**OPEN, "tiers": {"gold": frozen["gold"]}})
    assert set(buckets(place)) == {"millrace-tiers", "millrace-tiers-gold"}
    stack.destroy()
    assert buckets(place) == {}


def test_maintenance_of_a_declared_table_waits_for_it_and_follows_its_description(
    place: Place,
) -> None:
    orders = {"strategy": "binpack", "target_file_mb": 256, "maximum_snapshot_age_hours": 720}
    catalog = {**OPEN, "tables": {"default.orders": orders}}
    stack = place.stack("kept", catalog=catalog)
    stack.up()

    place.make_table("millrace-kept", "default", "orders")
    assert stack.steps() == ["update TableMaintenance"], "the table is there now"
    stack.up()
    table = ("millrace-kept", "default", "orders")
    assert compaction(place, *table) == {"targetFileSizeMB": 256, "strategy": "binpack"}

    # Somebody changes it by hand: a refresh sees it, the next update puts it back.
    place.client("s3tables").put_table_maintenance_configuration(
        tableBucketARN=arn("millrace-kept"),
        namespace="default",
        name="orders",
        type="icebergCompaction",
        value={"settings": {"icebergCompaction": {"targetFileSizeMB": 64}}},
    )
    stack.program.refresh(quiet)
    assert stack.steps() == ["update TableMaintenance"]
    stack.up()
    assert compaction(place, *table)["targetFileSizeMB"] == 256

    sorting = {"default.orders": {**orders, "strategy": "sort"}}
    with pytest.raises(ToolError, match=r"needs a sort order.*WRITE ORDERED BY"):
        stack.up(catalog={**OPEN, "tables": sorting})
    sorted_by_something(place, *table)
    stack.up()
    assert compaction(place, *table)["strategy"] == "sort"

    # Taken off the list: the settings of its tier, and the table stays.
    calm = {**OPEN, "maintenance": {"target_file_mb": 128}}
    stack.up(catalog={**calm, "tables": sorting})
    stack.up(catalog=calm)
    assert compaction(place, *table) == {"targetFileSizeMB": 128, "strategy": "auto"}


def test_a_protected_bucket_stops_destroy_before_anything_is_deleted(place: Place) -> None:
    shut = {**OPEN, "protect": True}
    stack = place.stack("shut", catalog={**shut, "tiers": {"scratch": {"protect": False}}})
    stack.up()
    place.make_table("millrace-shut", "default", "orders")

    with pytest.raises(ToolError, match="protect"):
        stack.destroy()
    assert buckets(place) == {"millrace-shut": {"default"}, "millrace-shut-scratch": {"default"}}
    parameters = place.client("ssm").describe_parameters()["Parameters"]
    assert "/millrace-shut/bystander" in [each["Name"] for each in parameters]
    aliases = [each["AliasName"] for each in place.client("kms").list_aliases()["Aliases"]]
    assert "alias/millrace-shut" in aliases

    # A tier that is taken off the list is refused likewise.
    with pytest.raises(ToolError, match="protect"):
        stack.up(catalog={**shut, "bucket": "elsewhere"})
    assert "default" in buckets(place)["millrace-shut"]


def test_data_that_is_retained_outlives_its_stack(place: Place) -> None:
    stack = place.stack("left", catalog={**OPEN, "retain": True, "tiers": TIERS})
    stack.up()
    place.make_table("millrace-left-gold", "reports", "orders")
    kept = buckets(place)
    stack.destroy()
    assert buckets(place) == kept
    key = place.client("kms").describe_key(KeyId="alias/millrace-left")["KeyMetadata"]
    assert key["KeyState"] == "Enabled", "what it encrypted can still be read"
    policy = place.client("kms").get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]
    assert "maintenance.s3tables.amazonaws.com" in policy
    parameters = place.client("ssm").describe_parameters()["Parameters"]
    assert "/millrace-left/bystander" not in [each["Name"] for each in parameters]
