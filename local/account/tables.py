"""S3 Tables' tables: the pointer that a commit moves, and what else a table carries."""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from moto.s3tables import models, urls
from moto.s3tables.exceptions import NotFoundException
from moto.s3tables.responses import S3TablesResponse

from local.account.graft import Grafts, attached
from local.account.s3tables import (
    NO_POLICY,
    Answer,
    BucketSettings,
    answer,
    body_of,
    bucket_of,
    check_encryption,
    segments,
)

grafts = Grafts()

TABLE_MAINTENANCE: Final[dict[str, Any]] = {
    "icebergCompaction": {
        "status": "enabled",
        "settings": {"icebergCompaction": {"targetFileSizeMB": 512, "strategy": "auto"}},
    },
    "icebergSnapshotManagement": {
        "status": "enabled",
        "settings": {
            "icebergSnapshotManagement": {"minSnapshotsToKeep": 1, "maxSnapshotAgeHours": 120}
        },
    },
}

NO_TABLE: Final = "The specified table does not exist."


@dataclass
class TableSettings:
    """What a table carries besides its metadata pointer."""

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    maintenance: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(TABLE_MAINTENANCE))
    policy: str | None = None
    encryption: dict[str, Any] | None = None
    storage_class: str = "STANDARD"
    expiration: dict[str, Any] = field(default_factory=lambda: {"status": "disabled"})


def table_of(response: Any) -> Any:
    """The table that a path names."""
    return response.s3tables_backend.get_table(*segments(response)[1:4])


def _describe(table: Any) -> dict[str, Any]:
    """GetTable's answer. AWS leaves `managedByService` out of a customer's table."""
    document = {
        "name": table.name,
        "type": table.type,
        "tableARN": table.arn,
        "namespace": [table.namespace],
        "versionToken": table.version_token,
        "metadataLocation": table.metadata_location,
        "warehouseLocation": table.warehouse_location,
        "createdAt": table.creation_date.isoformat(),
        "createdBy": table.account_id,
        "modifiedAt": table.last_modified.isoformat(),
        "modifiedBy": table.modified_by or table.account_id,
        "ownerAccountId": table.account_id,
        "format": table.format,
    }
    return {key: value for key, value in document.items() if value is not None}


@grafts.replaces(S3TablesResponse)
def create_table(self: Any) -> Answer:
    """CreateTable, keeping the encryption and the storage class it was given."""
    _, bucket_arn, namespace = segments(self)
    body = body_of(self)
    given = body.get("encryptionConfiguration")
    if given:
        check_encryption(given)
    table = self.s3tables_backend.create_table(
        table_bucket_arn=bucket_arn, namespace=namespace, name=body["name"], format=body["format"]
    )
    settings, inherited = attached(table, TableSettings), attached(bucket_of(self), BucketSettings)
    # What the bucket has at this moment: a later change of it is for later tables.
    settings.encryption = given or dict(inherited.encryption)
    chosen = body.get("storageClassConfiguration") or {}
    settings.storage_class = chosen.get("storageClass", inherited.storage_class)
    return answer({"tableARN": table.arn, "versionToken": table.version_token})


@grafts.replaces(S3TablesResponse)
def get_table(self: Any) -> Answer:
    """GetTable, by name or by the table's ARN."""
    arn = unquote(self._get_param("tableArn") or "")
    if not arn:
        bucket_arn = unquote(self._get_param("tableBucketARN"))
        names = self._get_param("namespace"), self._get_param("name")
        return answer(_describe(self.s3tables_backend.get_table(bucket_arn, *names)))
    found = find(self.s3tables_backend, arn)
    if found is None:
        raise NotFoundException(NO_TABLE)
    return answer(_describe(found))


def find(backend: Any, arn: str) -> Any | None:
    """The table of an ARN."""
    bucket = backend.table_buckets.get(arn.partition("/table/")[0])
    for namespace in bucket.namespaces.values() if bucket else ():
        for table in namespace.tables.values():
            if table.arn == arn:
                return table
    return None


@grafts.replaces(S3TablesResponse)
def list_tables(self: Any) -> Answer:
    """ListTables in name order, in pages."""
    count = self._get_param("maxTables")
    tables, token = self.s3tables_backend.list_tables(
        table_bucket_arn=segments(self)[1],
        namespace=self._get_param("namespace"),
        prefix=self._get_param("prefix"),
        continuation_token=self._get_param("continuationToken"),
        max_tables=int(count) if count else None,
    )
    kept = ("name", "type", "tableARN", "namespace", "createdAt", "modifiedAt")
    rows = [{key: _describe(table)[key] for key in kept} for table in tables]
    return answer({"tables": rows} | ({"continuationToken": token} if token else {}))


def _table_arn(self: Any) -> str:
    """A table's ARN holds an id of its own, so that a rename does not change it."""
    return f"{self.table_bucket_arn}/table/{attached(self, TableSettings).id}"


grafts.replaces(models.Table, "arn")(property(_table_arn))


@grafts.replaces(models.Table)
def update_metadata_location(self: Any, metadata_location: str, version_token: str) -> None:
    """Move the pointer if the caller saw the latest version: Iceberg's whole commit protocol."""
    if not metadata_location.startswith(f"{self.warehouse_location}/"):
        raise models.InvalidMetadataLocation
    if self.version_token != version_token:
        raise models.VersionTokenMismatch
    self.metadata_location = metadata_location
    self.version_token = self._generate_version_token()
    self.was_modified(self.account_id)


@grafts.replaces(S3TablesResponse)
def update_table_metadata_location(self: Any) -> Answer:
    """UpdateTableMetadataLocation, in the API's own form: Iceberg asks again whether a commit
    succeeded when it cannot read the answer, which costs every commit another reading."""
    _, bucket_arn, namespace, name, _ = segments(self)
    body = body_of(self)
    table = self.s3tables_backend.update_table_metadata_location(
        table_bucket_arn=bucket_arn,
        namespace=namespace,
        name=name,
        version_token=body["versionToken"],
        metadata_location=body["metadataLocation"],
    )
    kept = ("name", "tableARN", "namespace", "versionToken", "metadataLocation")
    described = _describe(table)
    return answer({key: described[key] for key in kept})


@grafts.replaces(S3TablesResponse)
def rename_table(self: Any) -> Answer:
    """RenameTable; a table that changes its namespace says so afterwards."""
    _, bucket_arn, namespace, name, _ = segments(self)
    body = body_of(self)
    new_namespace = body.get("newNamespaceName") or namespace
    new_name = body.get("newName") or name
    backend = self.s3tables_backend
    backend.rename_table(
        table_bucket_arn=bucket_arn,
        namespace=namespace,
        name=name,
        new_namespace_name=body.get("newNamespaceName"),
        new_name=body.get("newName"),
        version_token=body.get("versionToken"),
    )
    backend.get_table(bucket_arn, new_namespace, new_name).namespace = new_namespace
    return answer(status=204)


@grafts.adds(S3TablesResponse)
def get_table_policy(self: Any) -> Answer:
    """GetTablePolicy."""
    policy = attached(table_of(self), TableSettings).policy
    if policy is None:
        raise NotFoundException(NO_POLICY)
    return answer({"resourcePolicy": policy})


@grafts.adds(S3TablesResponse)
def put_table_policy(self: Any) -> Answer:
    """PutTablePolicy."""
    attached(table_of(self), TableSettings).policy = body_of(self)["resourcePolicy"]
    return answer({})


@grafts.adds(S3TablesResponse)
def delete_table_policy(self: Any) -> Answer:
    """DeleteTablePolicy."""
    attached(table_of(self), TableSettings).policy = None
    return answer(status=204)


@grafts.adds(S3TablesResponse)
def get_table_encryption(self: Any) -> Answer:
    """GetTableEncryption: what the table was made with."""
    return answer({"encryptionConfiguration": attached(table_of(self), TableSettings).encryption})


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
    urls.url_paths["{0}/tables/(?P<rest>.+)$"] = S3TablesResponse.dispatch
