"""S3 Tables: commits, listings, names, settings."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def bucket(cloud: Any) -> str:
    arn: str = cloud.s3tables.create_table_bucket(name="lake")["arn"]
    cloud.s3tables.create_namespace(tableBucketARN=arn, namespace=["gold"])
    return arn


def _table(cloud: Any, bucket: str, name: str = "orders") -> dict[str, Any]:
    where = {"tableBucketARN": bucket, "namespace": "gold", "name": name}
    cloud.s3tables.create_table(**where, format="ICEBERG")
    found: dict[str, Any] = cloud.s3tables.get_table(**where)
    return found


def _commit(cloud: Any, bucket: str, table: dict[str, Any], version: int) -> dict[str, Any]:
    done: dict[str, Any] = cloud.s3tables.update_table_metadata_location(
        tableBucketARN=bucket,
        namespace="gold",
        name=table["name"],
        versionToken=table["versionToken"],
        metadataLocation=f"{table['warehouseLocation']}/metadata/{version}.json",
    )
    return done


def test_a_commit_moves_the_pointer_and_the_token(cloud: Any, bucket: str) -> None:
    table = _table(cloud, bucket)
    done = _commit(cloud, bucket, table, 1)
    assert done["metadataLocation"].endswith("/metadata/1.json")
    assert done["versionToken"] != table["versionToken"]
    told = (done["namespace"], done["name"], done["tableARN"])
    assert told == (["gold"], "orders", table["tableARN"]), (
        "Iceberg reads every table again after a commit whose answer it cannot read"
    )


def test_a_commit_on_a_stale_version_is_refused(cloud: Any, bucket: str) -> None:
    table = _table(cloud, bucket)
    _commit(cloud, bucket, table, 1)
    with pytest.raises(ClientError, match="ConflictException"):
        _commit(cloud, bucket, table, 2)


def test_of_many_commits_at_once_exactly_one_lands(cloud: Any, bucket: str) -> None:
    table = _table(cloud, bucket)
    ready = threading.Barrier(8)

    def race(version: int) -> bool:
        ready.wait(timeout=10)
        try:
            _commit(cloud, bucket, table, version)
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        landed = list(pool.map(race, range(8)))
    assert landed.count(True) == 1


def test_metadata_must_be_inside_the_table(cloud: Any, bucket: str) -> None:
    table = _table(cloud, bucket)
    table["warehouseLocation"] += "x"
    with pytest.raises(ClientError, match="metadata location"):
        _commit(cloud, bucket, table, 1)


def test_a_customers_table_is_of_no_service(cloud: Any, bucket: str) -> None:
    assert "managedByService" not in _table(cloud, bucket)


def test_a_table_is_found_by_its_arn_and_keeps_it(cloud: Any, bucket: str) -> None:
    table = _table(cloud, bucket)
    cloud.s3tables.rename_table(
        tableBucketARN=bucket, namespace="gold", name="orders", newName="sales"
    )
    assert cloud.s3tables.get_table(tableArn=table["tableARN"])["name"] == "sales"


def test_listings_come_in_pages(cloud: Any, bucket: str) -> None:
    for index in range(7):
        _table(cloud, bucket, f"t{index}")
    pages = cloud.s3tables.get_paginator("list_tables").paginate(
        tableBucketARN=bucket, namespace="gold", PaginationConfig={"PageSize": 3}
    )
    sizes, names = [], []
    for page in pages:
        sizes.append(len(page["tables"]))
        names += [table["name"] for table in page["tables"]]
    assert sizes == [3, 3, 1]
    assert names == [f"t{index}" for index in range(7)]


@pytest.mark.parametrize("name", ["Orders", "o-1", "_orders", "orders_", ""])
def test_a_table_name_that_breaks_the_rules_is_refused(cloud: Any, bucket: str, name: str) -> None:
    with pytest.raises(Exception, match=r"BadRequest|Invalid length"):
        _table(cloud, bucket, name)


@pytest.mark.parametrize("name", ["Lake", "la", "lake_1", "sthree-lake", "lake--x-s3"])
def test_a_bucket_name_that_breaks_the_rules_is_refused(cloud: Any, name: str) -> None:
    with pytest.raises(Exception, match=r"BadRequest|Invalid length"):
        cloud.s3tables.create_table_bucket(name=name)


def test_a_namespace_with_tables_is_not_deleted(cloud: Any, bucket: str) -> None:
    _table(cloud, bucket)
    with pytest.raises(ClientError, match="ConflictException"):
        cloud.s3tables.delete_namespace(tableBucketARN=bucket, namespace="gold")
    cloud.s3tables.delete_table(tableBucketARN=bucket, namespace="gold", name="orders")
    cloud.s3tables.delete_namespace(tableBucketARN=bucket, namespace="gold")


def test_a_bucket_with_namespaces_is_not_deleted(cloud: Any, bucket: str) -> None:
    with pytest.raises(ClientError, match="ConflictException"):
        cloud.s3tables.delete_table_bucket(tableBucketARN=bucket)


def test_policies_and_encryption_are_read_back(cloud: Any) -> None:
    encryption = {"sseAlgorithm": "aws:kms", "kmsKeyArn": "arn:aws:kms:eu-central-1:1:key/k"}
    arn = cloud.s3tables.create_table_bucket(name="kept", encryptionConfiguration=encryption)["arn"]
    found = cloud.s3tables.get_table_bucket_encryption(tableBucketARN=arn)
    assert found["encryptionConfiguration"] == encryption
    with pytest.raises(ClientError, match="NotFoundException"):
        cloud.s3tables.get_table_bucket_policy(tableBucketARN=arn)
    cloud.s3tables.put_table_bucket_policy(tableBucketARN=arn, resourcePolicy="{}")
    assert cloud.s3tables.get_table_bucket_policy(tableBucketARN=arn)["resourcePolicy"] == "{}"


def test_a_new_bucket_of_the_same_name_starts_anew(cloud: Any) -> None:
    arn = cloud.s3tables.create_table_bucket(name="again")["arn"]
    cloud.s3tables.put_table_bucket_policy(tableBucketARN=arn, resourcePolicy="{}")
    cloud.s3tables.delete_table_bucket(tableBucketARN=arn)
    cloud.s3tables.create_table_bucket(name="again")
    with pytest.raises(ClientError, match="NotFoundException"):
        cloud.s3tables.get_table_bucket_policy(tableBucketARN=arn)
