"""Lake Formation besides grants: data cells filters, opt-ins, settings, registered resources."""

from __future__ import annotations

import json
from typing import Any

from moto.lakeformation import models, urls
from moto.lakeformation.exceptions import AlreadyExists, EntityNotFound
from moto.lakeformation.responses import LakeFormationResponse

from local.account import clock
from local.account.graft import Grafts
from local.account.lakeformation import Entry, books_of, canonical, request_of, same_grantee

grafts = Grafts()

_RESOURCE_KEYS = ("HybridAccessEnabled", "WithFederation", "RoleArn")


# Data cells filters


def _filter_key(entry: Entry) -> tuple[str, ...]:
    parts = ("TableCatalogId", "DatabaseName", "TableName", "Name")
    return tuple(str(entry.get(part) or "") for part in parts)


@grafts.adds(LakeFormationResponse)
def create_data_cells_filter(self: Any) -> str:
    """CreateDataCellsFilter."""
    entry = request_of(self)["TableData"]
    filters = books_of(self).filters
    if _filter_key(entry) in filters:
        msg = "Data cells filter already exists"
        raise AlreadyExists(msg)
    filters[_filter_key(entry)] = {**entry, "VersionId": "00000000-0000-0000-0000-000000000001"}
    return "{}"


@grafts.adds(LakeFormationResponse)
def get_data_cells_filter(self: Any) -> str:
    """GetDataCellsFilter."""
    return json.dumps({"DataCellsFilter": _filter(self, request_of(self))})


@grafts.adds(LakeFormationResponse)
def update_data_cells_filter(self: Any) -> str:
    """UpdateDataCellsFilter."""
    entry = request_of(self)["TableData"]
    version = _filter(self, entry)["VersionId"]
    books_of(self).filters[_filter_key(entry)] = {**entry, "VersionId": version}
    return "{}"


@grafts.adds(LakeFormationResponse)
def delete_data_cells_filter(self: Any) -> str:
    """DeleteDataCellsFilter."""
    request = request_of(self)
    _filter(self, request)
    del books_of(self).filters[_filter_key(request)]
    return "{}"


@grafts.replaces(LakeFormationResponse)
def list_data_cells_filter(self: Any) -> str:
    """ListDataCellsFilter, of one table if one is named."""
    table = request_of(self).get("Table") or {}
    wanted = {"DatabaseName": table.get("DatabaseName"), "TableName": table.get("Name")}
    found = [
        entry
        for entry in books_of(self).filters.values()
        if all(value is None or entry.get(key) == value for key, value in wanted.items())
    ]
    return json.dumps({"DataCellsFilters": found})


def _filter(response: Any, entry: Entry) -> Entry:
    try:
        return books_of(response).filters[_filter_key(entry)]
    except KeyError:
        raise EntityNotFound from None


# Opt-ins


@grafts.adds(LakeFormationResponse)
def create_lake_formation_opt_in(self: Any) -> str:
    """CreateLakeFormationOptIn."""
    request = request_of(self)
    books_of(self).opt_ins.append(
        {
            "Principal": request["Principal"],
            "Resource": request["Resource"],
            "LastModified": int(clock.now()),
            "LastUpdatedBy": f"arn:aws:iam::{self.current_account}:root",
        }
    )
    return "{}"


@grafts.adds(LakeFormationResponse)
def delete_lake_formation_opt_in(self: Any) -> str:
    """DeleteLakeFormationOptIn."""
    request = request_of(self)
    books = books_of(self)
    kept = [entry for entry in books.opt_ins if not same_grantee(entry, request)]
    if len(kept) == len(books.opt_ins):
        raise EntityNotFound
    books.opt_ins = kept
    return "{}"


@grafts.adds(LakeFormationResponse)
def list_lake_formation_opt_ins(self: Any) -> str:
    """ListLakeFormationOptIns."""
    request = request_of(self)
    found = [
        entry
        for entry in books_of(self).opt_ins
        if all(
            not request.get(key) or canonical(entry[key]) == canonical(request[key])
            for key in ("Principal", "Resource")
        )
    ]
    return json.dumps({"LakeFormationOptInsInfoList": found})


# Settings and resources


@grafts.replaces(models.LakeFormationBackend)
def put_data_lake_settings(self: Any, catalog_id: str, settings: Entry) -> None:
    """PutDataLakeSettings: what is left out is empty, not the default."""
    empty: Entry = {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
    self.settings[catalog_id] = empty | (settings or {})


@grafts.replaces(LakeFormationResponse)
def register_resource(self: Any) -> str:
    """RegisterResource, keeping how it is accessed."""
    _remember_resource(self)
    result: str = grafts.original(LakeFormationResponse, "register_resource")(self)
    return result


@grafts.adds(LakeFormationResponse)
def update_resource(self: Any) -> str:
    """UpdateResource."""
    _remember_resource(self)
    return "{}"


@grafts.replaces(LakeFormationResponse)
def describe_resource(self: Any) -> str:
    """DescribeResource, with how it is accessed."""
    result = grafts.original(LakeFormationResponse, "describe_resource")(self)
    document: Entry = json.loads(result)
    arn = request_of(self)["ResourceArn"]
    document["ResourceInfo"] |= books_of(self).resources.get(arn, {})
    return json.dumps(document)


def _remember_resource(response: Any) -> None:
    request = request_of(response)
    kept = {key: request[key] for key in _RESOURCE_KEYS if key in request}
    kept["LastModified"] = int(clock.now())
    books_of(response).resources.setdefault(request["ResourceArn"], {}).update(kept)


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
    for action in (
        "CreateDataCellsFilter",
        "GetDataCellsFilter",
        "UpdateDataCellsFilter",
        "DeleteDataCellsFilter",
        "CreateLakeFormationOptIn",
        "DeleteLakeFormationOptIn",
        "ListLakeFormationOptIns",
        "UpdateResource",
    ):
        urls.url_paths[f"{{0}}/{action}$"] = urls.response.dispatch
