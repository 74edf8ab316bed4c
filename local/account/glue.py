"""Glue: catalogs, of which the one that federates S3 Tables has a child for each table bucket."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from moto.glue.exceptions import AlreadyExistsException, EntityNotFoundException
from moto.glue.responses import GlueResponse
from moto.lakeformation.exceptions import InvalidInput
from moto.s3tables.models import s3tables_backends

from local.account import clock
from local.account.graft import Grafts, attached

grafts = Grafts()

Document = dict[str, Any]

S3_TABLES: Final = "aws:s3tables"
"""Connection of a catalog that federates table buckets."""

_PAGE = 100


@dataclass
class Catalogs:
    """What one region's Glue holds besides moto's databases."""

    by_name: dict[str, Document] = field(default_factory=dict)


@grafts.adds(GlueResponse)
def create_catalog(self: Any) -> str:
    """CreateCatalog; of S3 Tables there is one to a region."""
    request = json.loads(self.body)
    name, given = request["Name"], request["CatalogInput"]
    held = _catalogs(self)
    if name in held:
        kind = "Catalog"
        raise AlreadyExistsException(kind)
    federated = given.get("FederatedCatalog") or {}
    if federated.get("ConnectionName") == S3_TABLES and any(map(_of_s3_tables, held.values())):
        kind = "Federated catalog for S3 Tables"
        raise AlreadyExistsException(kind)
    now = int(clock.now())
    held[name] = {"Name": name, "CreateTime": now} | _kept(given)
    return "{}"


@grafts.adds(GlueResponse)
def update_catalog(self: Any) -> str:
    """UpdateCatalog: what is left out is gone, as with the real one."""
    request = json.loads(self.body)
    held = _find(self, request["CatalogId"])
    kept = {key: held[key] for key in ("Name", "CreateTime")}
    _catalogs(self)[held["Name"]] = kept | _kept(request["CatalogInput"])
    return "{}"


@grafts.adds(GlueResponse)
def get_catalog(self: Any) -> str:
    """GetCatalog, by name or by `<account>:<name>`, of a bucket too."""
    path = _path(self, json.loads(self.body)["CatalogId"])
    parent, _, bucket = path.partition("/")
    found = _find(self, parent)
    if not bucket:
        return json.dumps({"Catalog": _shown(self, found)})
    for child in _children(self, found):
        if child["Name"] == bucket:
            return json.dumps({"Catalog": child})
    raise _missing(path)


@grafts.adds(GlueResponse)
def get_catalogs(self: Any) -> str:
    """GetCatalogs, in pages: of the account, or those of the buckets below a parent."""
    request = json.loads(self.body or "{}")
    parent = request.get("ParentCatalogId")
    if parent:
        found = _children(self, _find(self, parent))
    else:
        found = [_shown(self, each) for each in _catalogs(self).values()]
    start = int(request.get("NextToken") or 0)
    end = start + int(request.get("MaxResults") or _PAGE)
    more = {"NextToken": str(end)} if end < len(found) else {}
    return json.dumps({"CatalogList": found[start:end]} | more)


@grafts.adds(GlueResponse)
def delete_catalog(self: Any) -> str:
    """DeleteCatalog."""
    del _catalogs(self)[_find(self, json.loads(self.body)["CatalogId"])["Name"]]
    return "{}"


def _catalogs(response: Any) -> dict[str, Document]:
    return attached(response.glue_backend, Catalogs).by_name


def _path(response: Any, catalog_id: str) -> str:
    return catalog_id.removeprefix(f"{response.current_account}:")


def _find(response: Any, catalog_id: str) -> Document:
    path = _path(response, catalog_id)
    try:
        return _catalogs(response)[path]
    except KeyError:
        raise _missing(path) from None


def _missing(path: str) -> EntityNotFoundException:
    return EntityNotFoundException(f"Catalog {path} not found.")


def _kept(given: Document) -> Document:
    flag = given.get("AllowFullTableExternalDataAccess", "False")
    if flag not in ("True", "False"):
        msg = f"AllowFullTableExternalDataAccess is {flag!r}; it is the text True or False"
        raise InvalidInput(msg)
    empty: Document = {
        "Parameters": {},
        "CreateDatabaseDefaultPermissions": [],
        "CreateTableDefaultPermissions": [],
    }
    kept = {key: value for key, value in given.items() if key != _OVERWRITE}
    now = {"UpdateTime": int(clock.now()), "AllowFullTableExternalDataAccess": flag}
    return empty | kept | now


_OVERWRITE = "OverwriteChildResourcePermissionsWithDefault"
"""Says what an update does to children; it is no property of a catalog."""


def _of_s3_tables(catalog: Document) -> bool:
    federated = catalog.get("FederatedCatalog") or {}
    return bool(federated.get("ConnectionName") == S3_TABLES)


def _shown(response: Any, catalog: Document, parent: str = "") -> Document:
    path = f"{parent}/{catalog['Name']}" if parent else catalog["Name"]
    account = response.current_account
    return catalog | {
        "CatalogId": f"{account}:{path}",
        "ResourceArn": f"arn:aws:glue:{response.region}:{account}:catalog/{path}",
    }


def _children(response: Any, parent: Document) -> list[Document]:
    if not _of_s3_tables(parent):
        return []
    tables = s3tables_backends[response.current_account][response.region]
    return [
        _shown(
            response,
            {
                "Name": bucket.name,
                "FederatedCatalog": {
                    "Identifier": bucket.arn,
                    "ConnectionName": S3_TABLES,
                },
                "CreateDatabaseDefaultPermissions": [],
                "CreateTableDefaultPermissions": [],
            },
            parent["Name"],
        )
        for bucket in tables.table_buckets.values()
    ]


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
