"""Lake Formation's books: grants, revocations, filters, opt-ins."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

READER = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/reader"}
OTHER = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/other"}
TABLE = {"Table": {"DatabaseName": "gold", "Name": "orders"}}
COLUMNS = {
    "TableWithColumns": {"DatabaseName": "gold", "Name": "orders", "ColumnNames": ["b", "a"]}
}
WILDCARD = {"Table": {"DatabaseName": "gold", "TableWildcard": {}}}


def _held(cloud: Any, resource: dict[str, Any], principal: Any = READER) -> list[list[str]]:
    found = cloud.lakeformation.list_permissions(Principal=principal, Resource=resource)
    return [entry["Permissions"] for entry in found["PrincipalResourcePermissions"]]


def _grant(
    cloud: Any, resource: dict[str, Any], *permissions: str, principal: Any = READER
) -> None:
    cloud.lakeformation.grant_permissions(
        Principal=principal, Resource=resource, Permissions=list(permissions)
    )


def test_grants_on_one_object_add_up(cloud: Any) -> None:
    _grant(cloud, TABLE, "SELECT")
    _grant(cloud, TABLE, "DESCRIBE")
    assert _held(cloud, TABLE) == [["DESCRIBE"], ["SELECT"]], "reading is listed by itself"


def test_a_revocation_takes_only_what_it_names(cloud: Any) -> None:
    _grant(cloud, TABLE, "SELECT", "DESCRIBE")
    cloud.lakeformation.revoke_permissions(Principal=READER, Resource=TABLE, Permissions=["SELECT"])
    assert _held(cloud, TABLE) == [["DESCRIBE"]]


def test_revoking_what_is_not_held_is_an_error(cloud: Any) -> None:
    with pytest.raises(ClientError, match="No permissions revoked"):
        cloud.lakeformation.revoke_permissions(
            Principal=READER, Resource=TABLE, Permissions=["SELECT"]
        )


def test_the_grant_option_ends_with_the_permission(cloud: Any) -> None:
    cloud.lakeformation.grant_permissions(
        Principal=READER,
        Resource=TABLE,
        Permissions=["SELECT", "DESCRIBE"],
        PermissionsWithGrantOption=["SELECT"],
    )
    cloud.lakeformation.revoke_permissions(Principal=READER, Resource=TABLE, Permissions=["SELECT"])
    found = cloud.lakeformation.list_permissions(Principal=READER, Resource=TABLE)
    [entry] = found["PrincipalResourcePermissions"]
    assert entry["PermissionsWithGrantOption"] == []


def test_a_tables_listing_includes_its_columns(cloud: Any) -> None:
    _grant(cloud, COLUMNS, "SELECT")
    assert _held(cloud, TABLE) == [["SELECT"]]


def test_a_wildcards_listing_is_only_the_wildcard(cloud: Any) -> None:
    _grant(cloud, TABLE, "SELECT")
    _grant(cloud, WILDCARD, "DESCRIBE")
    assert _held(cloud, WILDCARD) == [["DESCRIBE"]]
    assert _held(cloud, TABLE) == [["SELECT"]]


def test_grants_of_others_are_not_listed(cloud: Any) -> None:
    _grant(cloud, TABLE, "SELECT", principal=OTHER)
    assert _held(cloud, TABLE) == []


def test_column_order_and_catalog_do_not_make_another_grant(cloud: Any) -> None:
    _grant(cloud, COLUMNS, "SELECT")
    same = {
        "TableWithColumns": {
            "CatalogId": "123456789012",
            "DatabaseName": "gold",
            "Name": "orders",
            "ColumnNames": ["a", "b"],
        }
    }
    cloud.lakeformation.revoke_permissions(Principal=READER, Resource=same, Permissions=["SELECT"])
    assert _held(cloud, TABLE) == []


def test_a_batch_reports_the_entries_that_failed(cloud: Any) -> None:
    _grant(cloud, TABLE, "SELECT")
    entries = [
        {"Id": "held", "Principal": READER, "Resource": TABLE, "Permissions": ["SELECT"]},
        {"Id": "not", "Principal": OTHER, "Resource": TABLE, "Permissions": ["SELECT"]},
    ]
    failures = cloud.lakeformation.batch_revoke_permissions(Entries=entries)["Failures"]
    assert [failure["RequestEntry"]["Id"] for failure in failures] == ["not"]


def test_listings_come_in_pages(cloud: Any) -> None:
    for index in range(5):
        _grant(cloud, {"Database": {"Name": f"d{index}"}}, "DESCRIBE")
    page = cloud.lakeformation.list_permissions(MaxResults=3)
    rest = cloud.lakeformation.list_permissions(MaxResults=3, NextToken=page["NextToken"])
    assert len(page["PrincipalResourcePermissions"]) == 3
    assert len(rest["PrincipalResourcePermissions"]) == 2
    assert "NextToken" not in rest


def test_a_data_cells_filter_is_kept_changed_and_deleted(cloud: Any) -> None:
    lake = cloud.lakeformation
    name = {
        "TableCatalogId": "123456789012",
        "DatabaseName": "gold",
        "TableName": "orders",
        "Name": "eu",
    }
    rule = {"RowFilter": {"FilterExpression": "region='eu'"}, "ColumnWildcard": {}}
    lake.create_data_cells_filter(TableData={**name, **rule})
    with pytest.raises(ClientError, match="AlreadyExists"):
        lake.create_data_cells_filter(TableData={**name, **rule})
    rule["RowFilter"] = {"FilterExpression": "region='us'"}
    lake.update_data_cells_filter(TableData={**name, **rule})
    assert lake.get_data_cells_filter(**name)["DataCellsFilter"]["RowFilter"] == rule["RowFilter"]
    table = {"CatalogId": "123456789012", "DatabaseName": "gold", "Name": "orders"}
    assert len(lake.list_data_cells_filter(Table=table)["DataCellsFilters"]) == 1
    lake.delete_data_cells_filter(**name)
    with pytest.raises(ClientError, match="EntityNotFound"):
        lake.get_data_cells_filter(**name)


def test_opt_ins_are_listed_until_deleted(cloud: Any) -> None:
    lake = cloud.lakeformation
    lake.create_lake_formation_opt_in(Principal=READER, Resource=TABLE)
    [found] = lake.list_lake_formation_opt_ins(Principal=READER)["LakeFormationOptInsInfoList"]
    assert found["Principal"] == READER
    lake.delete_lake_formation_opt_in(Principal=READER, Resource=TABLE)
    assert lake.list_lake_formation_opt_ins()["LakeFormationOptInsInfoList"] == []


def test_settings_that_leave_out_the_defaults_mean_none(cloud: Any) -> None:
    admin = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/admin"}
    cloud.lakeformation.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [admin]})
    found = cloud.lakeformation.get_data_lake_settings()["DataLakeSettings"]
    assert found["DataLakeAdmins"] == [admin]
    assert found["CreateTableDefaultPermissions"] == []
