"""Glue's catalogs: one that federates S3 Tables, with a child for each table bucket."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

READER = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/reader"}
NAME = "s3tablescatalog"
INPUT = {
    "FederatedCatalog": {
        "Identifier": "arn:aws:s3tables:eu-central-1:123456789012:bucket/*",
        "ConnectionName": "aws:s3tables",
    },
    "CreateDatabaseDefaultPermissions": [],
    "CreateTableDefaultPermissions": [],
    "AllowFullTableExternalDataAccess": "True",
}


@pytest.fixture
def federated(cloud: Any) -> Any:
    for bucket in ("bronze", "silver"):
        cloud.s3tables.create_table_bucket(name=bucket)
    cloud.glue.create_catalog(Name=NAME, CatalogInput=INPUT)
    return cloud


@pytest.mark.parametrize("catalog_id", [NAME, f"123456789012:{NAME}"])
def test_a_catalog_is_found_by_its_name_and_by_its_id(federated: Any, catalog_id: str) -> None:
    found = federated.glue.get_catalog(CatalogId=catalog_id)["Catalog"]
    assert found["CatalogId"] == f"123456789012:{NAME}"
    assert found["FederatedCatalog"] == INPUT["FederatedCatalog"]
    assert found["AllowFullTableExternalDataAccess"] == "True"
    assert found["CreateTableDefaultPermissions"] == []


def test_there_is_one_of_s3_tables_in_a_region(federated: Any) -> None:
    for name in (NAME, "another"):
        with pytest.raises(ClientError, match="AlreadyExistsException"):
            federated.glue.create_catalog(Name=name, CatalogInput=INPUT)


def test_each_table_bucket_is_a_catalog_below_it(federated: Any) -> None:
    found = federated.glue.get_catalogs(ParentCatalogId=NAME)["CatalogList"]
    assert [each["CatalogId"] for each in found] == [
        f"123456789012:{NAME}/bronze",
        f"123456789012:{NAME}/silver",
    ]
    one = federated.glue.get_catalog(CatalogId=f"{NAME}/bronze")["Catalog"]
    assert one["FederatedCatalog"]["Identifier"].endswith(":bucket/bronze")
    with pytest.raises(ClientError, match="EntityNotFound"):
        federated.glue.get_catalog(CatalogId=f"{NAME}/gold")


def test_the_account_lists_its_catalogs_without_the_buckets(federated: Any) -> None:
    assert [each["Name"] for each in federated.glue.get_catalogs()["CatalogList"]] == [NAME]


def test_an_update_replaces_all_but_the_name(federated: Any) -> None:
    changed = {**INPUT, "Description": "tables"}
    del changed["AllowFullTableExternalDataAccess"]
    federated.glue.update_catalog(CatalogId=NAME, CatalogInput=changed)
    found = federated.glue.get_catalog(CatalogId=NAME)["Catalog"]
    assert found["Description"] == "tables"
    assert found["AllowFullTableExternalDataAccess"] == "False"


def test_a_deleted_catalog_is_gone_with_its_children(federated: Any) -> None:
    federated.glue.delete_catalog(CatalogId=NAME)
    for call in (
        lambda: federated.glue.get_catalog(CatalogId=NAME),
        lambda: federated.glue.get_catalogs(ParentCatalogId=NAME),
        lambda: federated.glue.delete_catalog(CatalogId=NAME),
    ):
        with pytest.raises(ClientError, match="EntityNotFound"):
            call()


def in_bucket(bucket: str, **table: Any) -> dict[str, Any]:
    place = {"CatalogId": f"123456789012:{NAME}/{bucket}", "DatabaseName": "sales"}
    return {"Table": {**place, **table}}


def test_grants_in_two_buckets_are_two_grants(federated: Any) -> None:
    lake = federated.lakeformation
    lake.grant_permissions(
        Principal=READER, Resource=in_bucket("bronze", Name="orders"), Permissions=["DESCRIBE"]
    )
    found = lake.list_permissions(Principal=READER, Resource=in_bucket("silver", Name="orders"))
    assert found["PrincipalResourcePermissions"] == []


def test_every_table_is_listed_as_a_table_of_that_name(federated: Any) -> None:
    lake, wildcard = federated.lakeformation, in_bucket("bronze", TableWildcard={})
    lake.grant_permissions(Principal=READER, Resource=wildcard, Permissions=["SELECT", "DESCRIBE"])
    found = lake.list_permissions(Principal=READER, Resource=wildcard)
    listed = [each["Resource"] for each in found["PrincipalResourcePermissions"]]
    assert listed[0]["Table"]["Name"] == "ALL_TABLES"
    assert listed[1]["TableWithColumns"]["Name"] == "ALL_TABLES"
    assert listed[1]["TableWithColumns"]["ColumnWildcard"] == {}


def test_a_bucket_s_catalog_takes_grants(federated: Any) -> None:
    lake = federated.lakeformation
    resource = {"Catalog": {"Id": f"123456789012:{NAME}/bronze"}}
    lake.grant_permissions(Principal=READER, Resource=resource, Permissions=["DESCRIBE"])
    found = lake.list_permissions(Principal=READER, Resource=resource)
    assert [each["Resource"] for each in found["PrincipalResourcePermissions"]] == [resource]


def test_settings_keep_whether_engines_outside_aws_are_let_in(cloud: Any) -> None:
    cloud.lakeformation.put_data_lake_settings(
        DataLakeSettings={"AllowFullTableExternalDataAccess": True}
    )
    found = cloud.lakeformation.get_data_lake_settings()["DataLakeSettings"]
    assert found["AllowFullTableExternalDataAccess"] is True
