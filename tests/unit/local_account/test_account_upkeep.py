"""S3 Tables' upkeep: the service's defaults and limits, and what is set is read back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

WHERE = {"namespace": "gold", "name": "orders"}
COMPACTION = "icebergCompaction"
SNAPSHOTS = "icebergSnapshotManagement"
REMOVAL = "icebergUnreferencedFileRemoval"
KMS = {"sseAlgorithm": "aws:kms", "kmsKeyArn": "arn:aws:kms:eu-central-1:1:key/k"}


@pytest.fixture
def bucket(cloud: Any) -> str:
    arn: str = cloud.s3tables.create_table_bucket(name="lake")["arn"]
    cloud.s3tables.create_namespace(tableBucketARN=arn, namespace=["gold"])
    return arn


@pytest.fixture
def table(cloud: Any, bucket: str) -> dict[str, str]:
    """Where the table is, for calls about it."""
    where = {"tableBucketARN": bucket, **WHERE}
    cloud.s3tables.create_table(**where, format="ICEBERG")
    return where


def put(
    cloud: Any, table: dict[str, str], kind: str, status: str = "enabled", **settings: Any
) -> None:
    value = {"status": status, "settings": {kind: settings}}
    cloud.s3tables.put_table_maintenance_configuration(**table, type=kind, value=value)


def get(cloud: Any, table: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = cloud.s3tables.get_table_maintenance_configuration(**table)
    return dict(found["configuration"])


def test_a_new_table_has_the_service_s_defaults(cloud: Any, table: dict[str, str]) -> None:
    found = get(cloud, table)
    assert found[COMPACTION]["settings"][COMPACTION] == {
        "targetFileSizeMB": 512,
        "strategy": "auto",
    }
    assert found[SNAPSHOTS]["settings"][SNAPSHOTS] == {
        "minSnapshotsToKeep": 1,
        "maxSnapshotAgeHours": 120,
    }


def test_what_is_set_is_read_back(cloud: Any, table: dict[str, str]) -> None:
    put(cloud, table, COMPACTION, targetFileSizeMB=128, strategy="binpack")
    put(cloud, table, SNAPSHOTS, "disabled", minSnapshotsToKeep=3, maxSnapshotAgeHours=720)
    found = get(cloud, table)
    assert found[COMPACTION]["settings"][COMPACTION]["strategy"] == "binpack"
    assert found[SNAPSHOTS]["status"] == "disabled"
    assert found[SNAPSHOTS]["settings"][SNAPSHOTS]["maxSnapshotAgeHours"] == 720


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (COMPACTION, {"targetFileSizeMB": 63}),
        (COMPACTION, {"targetFileSizeMB": 513}),
        (COMPACTION, {"strategy": "fastest"}),
    ],
)
def test_what_is_outside_the_service_s_limits_is_refused(
    cloud: Any, table: dict[str, str], kind: str, settings: dict[str, Any]
) -> None:
    before = get(cloud, table)
    with pytest.raises(ClientError, match="BadRequestException"):
        put(cloud, table, kind, **settings)
    assert get(cloud, table) == before


@pytest.mark.parametrize("strategy", ["sort", "z-order"])
@pytest.mark.parametrize("order", [0, 1])
def test_only_a_table_with_a_sort_order_is_sorted(
    cloud: Any, table: dict[str, str], strategy: str, order: int
) -> None:
    found = cloud.s3tables.get_table(**table)
    location = f"{found['warehouseLocation']}/metadata/1.json"
    place, _, key = location.removeprefix("s3://").partition("/")
    cloud.s3.put_object(Bucket=place, Key=key, Body=json.dumps({"default-sort-order-id": order}))
    cloud.s3tables.update_table_metadata_location(
        **table, versionToken=found["versionToken"], metadataLocation=location
    )
    if order:
        put(cloud, table, COMPACTION, strategy=strategy)
        assert get(cloud, table)[COMPACTION]["settings"][COMPACTION]["strategy"] == strategy
    else:
        with pytest.raises(ClientError, match="sort order"):
            put(cloud, table, COMPACTION, strategy=strategy)


def test_a_table_without_data_is_not_sorted(cloud: Any, table: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="sort order"):
        put(cloud, table, COMPACTION, strategy="sort")


def test_a_table_that_is_not_there_has_no_maintenance(cloud: Any, bucket: str) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        get(cloud, {"tableBucketARN": bucket, **WHERE})


def test_no_job_ever_ran(cloud: Any, table: dict[str, str]) -> None:
    put(cloud, table, SNAPSHOTS, "disabled")
    found = cloud.s3tables.get_table_maintenance_job_status(**table)["status"]
    assert {kind: each["status"] for kind, each in found.items()} == {
        COMPACTION: "Not_Yet_Run",
        SNAPSHOTS: "Disabled",
        REMOVAL: "Not_Yet_Run",
    }


def test_a_bucket_s_clean_up_is_checked_and_kept(cloud: Any, bucket: str) -> None:
    value = {"settings": {REMOVAL: {"unreferencedDays": 7, "nonCurrentDays": 30}}}
    where = {"tableBucketARN": bucket, "type": REMOVAL}
    cloud.s3tables.put_table_bucket_maintenance_configuration(
        **where, value={"status": "enabled", **value}
    )
    found = cloud.s3tables.get_table_bucket_maintenance_configuration(tableBucketARN=bucket)
    assert found["configuration"][REMOVAL]["settings"] == value["settings"]


def test_rows_expire_only_where_somebody_said_so(cloud: Any, table: dict[str, str]) -> None:
    arn = {"tableArn": cloud.s3tables.get_table(**table)["tableARN"]}
    get_it = cloud.s3tables.get_table_record_expiration_configuration
    assert get_it(**arn)["configuration"]["status"] == "disabled"
    with pytest.raises(ClientError, match="days"):
        cloud.s3tables.put_table_record_expiration_configuration(**arn, value={"status": "enabled"})
    value = {"status": "enabled", "settings": {"days": 365}}
    cloud.s3tables.put_table_record_expiration_configuration(**arn, value=value)
    assert get_it(**arn)["configuration"] == value
    status = cloud.s3tables.get_table_record_expiration_job_status(**arn)
    assert status["status"] == "NotYetRun"


def test_storage_class_and_key_are_those_of_the_bucket_when_the_table_was_made(
    cloud: Any, bucket: str, table: dict[str, str]
) -> None:
    cloud.s3tables.put_table_bucket_storage_class(
        tableBucketARN=bucket, storageClassConfiguration={"storageClass": "INTELLIGENT_TIERING"}
    )
    cloud.s3tables.put_table_bucket_encryption(tableBucketARN=bucket, encryptionConfiguration=KMS)
    later = {**table, "name": "later"}
    cloud.s3tables.create_table(**later, format="ICEBERG")
    classes = [
        cloud.s3tables.get_table_storage_class(**each)["storageClassConfiguration"]["storageClass"]
        for each in (table, later)
    ]
    keys = [
        cloud.s3tables.get_table_encryption(**each)["encryptionConfiguration"]["sseAlgorithm"]
        for each in (table, later)
    ]
    assert classes == ["STANDARD", "INTELLIGENT_TIERING"]
    assert keys == ["AES256", "aws:kms"]


@pytest.mark.parametrize("given", [{"sseAlgorithm": "aws:kms"}, {**KMS, "sseAlgorithm": "AES256"}])
def test_encryption_that_makes_no_sense_is_refused(
    cloud: Any, bucket: str, given: dict[str, str]
) -> None:
    with pytest.raises(ClientError, match="encryption configuration"):
        cloud.s3tables.put_table_bucket_encryption(
            tableBucketARN=bucket, encryptionConfiguration=given
        )
