"""pyiceberg over the S3 Tables API: commits name the version they started from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pytest
from moto import mock_aws
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)

from ops.s3tables_catalog import S3TablesCatalog

ROWS = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "name": ["a", "b", "c"]})


class LocalWarehouse:
    """The service's client, with tables whose files are on this disk instead of S3."""

    def __init__(self, client: Any, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._pointers: dict[str, tuple[str, int]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_table_metadata_location(self, **where: str) -> dict[str, str]:
        self._client.get_table(**where)
        location, version = self._pointers.get(where["name"], ("", 0))
        answer = {
            "versionToken": str(version),
            "warehouseLocation": f"file://{self._folder}/{where['name']}",
        }
        return {**answer, "metadataLocation": location} if location else answer

    def update_table_metadata_location(self, **wanted: str) -> None:
        _, version = self._pointers.get(wanted["name"], ("", 0))
        if wanted["versionToken"] != str(version):
            from botocore.exceptions import ClientError

            raise ClientError(
                {"Error": {"Code": "ConflictException", "Message": "stale token"}}, "update"
            )
        self._pointers[wanted["name"]] = (wanted["metadataLocation"], version + 1)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[S3TablesCatalog]:
    with mock_aws():
        client = boto3.Session("testing", "testing", region_name="us-east-1").client("s3tables")
        arn = client.create_table_bucket(name="lake-bucket")["arn"]
        made = S3TablesCatalog("lake", LocalWarehouse(client, tmp_path), arn, {})
        made.create_namespace("sales")
        yield made


def test_rows_are_appended_and_read_back(catalog: S3TablesCatalog) -> None:
    table = catalog.create_table("sales.orders", ROWS.schema)
    table.append(ROWS)
    table.append(ROWS)
    assert catalog.load_table("sales.orders").scan().to_arrow().num_rows == 6


def test_a_commit_from_a_stale_version_is_refused(catalog: S3TablesCatalog) -> None:
    table = catalog.create_table("sales.orders", ROWS.schema)
    with pytest.raises(CommitFailedException, match=r"sales\.orders"):
        catalog._move_pointer(catalog._where("sales.orders"), "0", table.metadata_location)


def test_a_second_table_of_the_same_name_is_refused(catalog: S3TablesCatalog) -> None:
    catalog.create_table("sales.orders", ROWS.schema)
    with pytest.raises(TableAlreadyExistsError):
        catalog.create_table("sales.orders", ROWS.schema)


def test_a_table_that_could_not_be_written_leaves_no_half_table(
    catalog: S3TablesCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        msg = "disk full"
        raise OSError(msg)

    monkeypatch.setattr(catalog, "_write_metadata", fails)
    with pytest.raises(OSError, match="disk full"):
        catalog.create_table("sales.orders", ROWS.schema)
    assert catalog.list_tables("sales") == []


def test_a_dropped_table_is_gone(catalog: S3TablesCatalog) -> None:
    catalog.create_table("sales.orders", ROWS.schema)
    catalog.drop_table("sales.orders")
    assert not catalog.table_exists("sales.orders")


def test_a_location_of_ones_own_is_refused(catalog: S3TablesCatalog) -> None:
    with pytest.raises(ValueError, match="leave it out"):
        catalog.create_table("sales.orders", ROWS.schema, location="s3://elsewhere/x")


def test_unknown_names_are_pyiceberg_errors(catalog: S3TablesCatalog) -> None:
    with pytest.raises(NoSuchTableError):
        catalog.load_table("sales.nothing")
    with pytest.raises(NoSuchNamespaceError):
        catalog.load_namespace_properties("nothing")
    with pytest.raises(NamespaceAlreadyExistsError):
        catalog.create_namespace("sales")
