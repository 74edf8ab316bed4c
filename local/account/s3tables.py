"""S3 Tables: maintenance, policies, encryption, and the rules that keep commits safe."""

from __future__ import annotations

import copy
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from moto.s3tables import models, urls
from moto.s3tables.exceptions import (
    BadRequestException,
    ConflictException,
    InvalidNamespaceName,
    InvalidTableBucketName,
    InvalidTableName,
    NotFoundException,
)
from moto.s3tables.responses import S3TablesResponse

from local.account.graft import Grafts, attached

grafts = Grafts()

Answer = tuple[int, dict[str, str], str]

BUCKET_MAINTENANCE: Final[dict[str, Any]] = {
    "icebergUnreferencedFileRemoval": {
        "status": "enabled",
        "settings": {
            "icebergUnreferencedFileRemoval": {"unreferencedDays": 3, "nonCurrentDays": 10}
        },
    }
}
TABLE_MAINTENANCE: Final[dict[str, Any]] = {
    "icebergCompaction": {
        "status": "enabled",
        "settings": {"icebergCompaction": {"targetFileSizeMB": 512}},
    },
    "icebergSnapshotManagement": {
        "status": "enabled",
        "settings": {
            "icebergSnapshotManagement": {"minSnapshotsToKeep": 1, "maxSnapshotAgeHours": 120}
        },
    },
}

_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_NAME = re.compile(r"[a-z0-9_]{1,255}")


@dataclass
class BucketSettings:
    """What a table bucket carries besides its namespaces."""

    maintenance: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(BUCKET_MAINTENANCE))
    policy: str | None = None
    encryption: dict[str, Any] = field(default_factory=lambda: {"sseAlgorithm": "AES256"})


@dataclass
class TableSettings:
    """What a table carries besides its metadata pointer."""

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    maintenance: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(TABLE_MAINTENANCE))
    policy: str | None = None
    encryption: dict[str, Any] | None = None


def _answer(document: dict[str, Any] | None = None, status: int = 200) -> Answer:
    headers = {"Content-Type": "application/json", "status": str(status)}
    return status, headers, "" if document is None else json.dumps(document)


def _segments(response: Any) -> list[str]:
    """The path's parts, with a bucket ARN in one part even if its slash came unescaped."""
    parts = [unquote(part) for part in response.raw_path.split("?")[0].strip("/").split("/")]
    for index, part in enumerate(parts[:-1]):
        if part.startswith("arn:") and part.endswith(":bucket"):
            parts[index : index + 2] = [f"{part}/{parts[index + 1]}"]
            break
    return parts


def _bucket(response: Any) -> Any:
    return response.s3tables_backend.get_table_bucket(_segments(response)[1])


def _table(response: Any) -> Any:
    return response.s3tables_backend.get_table(*_segments(response)[1:4])


def _body(response: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(response.body or "{}")
    return document


_NO_TABLE = "The specified table does not exist."
_NO_POLICY = "The specified policy does not exist."


# Names, as https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-buckets-naming.html


def _check_bucket_name(name: str) -> None:
    reserved = name.startswith(models.TABLE_BUCKET_NAME_RESERVED_PREFIXES) or name.endswith(
        models.TABLE_BUCKET_NAME_RESERVED_SUFFIXES
    )
    if reserved or not _BUCKET.fullmatch(name):
        raise InvalidTableBucketName


def _check_namespace_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name[0] == "_" or name[-1] == "_" or name.startswith("aws"):
        raise InvalidNamespaceName


def _check_table_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name[0] == "_" or name[-1] == "_":
        raise InvalidTableName(name)


# Buckets


@grafts.replaces(S3TablesResponse)
def create_table_bucket(self: Any) -> Answer:
    """CreateTableBucket, keeping the encryption it was given."""
    body = _body(self)
    bucket = self.s3tables_backend.create_table_bucket(name=body["name"])
    if body.get("encryptionConfiguration"):
        attached(bucket, BucketSettings).encryption = body["encryptionConfiguration"]
    return _answer({"arn": bucket.arn})


@grafts.replaces(models.S3TablesBackend)
def delete_table_bucket(self: Any, table_bucket_arn: str) -> None:
    """DeleteTableBucket; one with namespaces is refused."""
    if self.get_table_bucket(table_bucket_arn).namespaces:
        msg = "The bucket that you tried to delete is not empty."
        raise ConflictException(msg)
    self.table_buckets.pop(table_bucket_arn)


@grafts.adds(S3TablesResponse)
def get_table_bucket_maintenance_configuration(self: Any) -> Answer:
    """GetTableBucketMaintenanceConfiguration."""
    bucket = _bucket(self)
    settings = attached(bucket, BucketSettings)
    return _answer({"tableBucketARN": bucket.arn, "configuration": settings.maintenance})


@grafts.adds(S3TablesResponse)
def put_table_bucket_maintenance_configuration(self: Any) -> Answer:
    """PutTableBucketMaintenanceConfiguration."""
    kind = _segments(self)[3]
    attached(_bucket(self), BucketSettings).maintenance[kind] = _body(self)["value"]
    return _answer(status=204)


@grafts.adds(S3TablesResponse)
def get_table_bucket_policy(self: Any) -> Answer:
    """GetTableBucketPolicy."""
    policy = attached(_bucket(self), BucketSettings).policy
    if policy is None:
        raise NotFoundException(_NO_POLICY)
    return _answer({"resourcePolicy": policy})


@grafts.adds(S3TablesResponse)
def put_table_bucket_policy(self: Any) -> Answer:
    """PutTableBucketPolicy."""
    attached(_bucket(self), BucketSettings).policy = _body(self)["resourcePolicy"]
    return _answer({})


@grafts.adds(S3TablesResponse)
def delete_table_bucket_policy(self: Any) -> Answer:
    """DeleteTableBucketPolicy."""
    attached(_bucket(self), BucketSettings).policy = None
    return _answer(status=204)


@grafts.adds(S3TablesResponse)
def get_table_bucket_encryption(self: Any) -> Answer:
    """GetTableBucketEncryption."""
    encryption = attached(_bucket(self), BucketSettings).encryption
    return _answer({"encryptionConfiguration": encryption})


@grafts.adds(S3TablesResponse)
def put_table_bucket_encryption(self: Any) -> Answer:
    """PutTableBucketEncryption."""
    encryption = _body(self)["encryptionConfiguration"]
    attached(_bucket(self), BucketSettings).encryption = encryption
    return _answer({})


@grafts.adds(S3TablesResponse)
def delete_table_bucket_encryption(self: Any) -> Answer:
    """DeleteTableBucketEncryption: back to the service's own keys."""
    attached(_bucket(self), BucketSettings).encryption = {"sseAlgorithm": "AES256"}
    return _answer(status=204)


# Namespaces


@grafts.replaces(models.S3TablesBackend)
def delete_namespace(self: Any, table_bucket_arn: str, namespace: str) -> None:
    """DeleteNamespace; one with tables is refused."""
    if self.get_namespace(table_bucket_arn, namespace).tables:
        msg = "The namespace that you tried to delete is not empty."
        raise ConflictException(msg)
    del self.table_buckets[table_bucket_arn].namespaces[namespace]


# Tables


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
    """CreateTable, keeping the encryption it was given."""
    _, bucket_arn, namespace = _segments(self)
    body = _body(self)
    table = self.s3tables_backend.create_table(
        table_bucket_arn=bucket_arn, namespace=namespace, name=body["name"], format=body["format"]
    )
    attached(table, TableSettings).encryption = body.get("encryptionConfiguration")
    return _answer({"tableARN": table.arn, "versionToken": table.version_token})


@grafts.replaces(S3TablesResponse)
def get_table(self: Any) -> Answer:
    """GetTable, by name or by the table's ARN."""
    arn = unquote(self._get_param("tableArn") or "")
    if not arn:
        bucket_arn = unquote(self._get_param("tableBucketARN"))
        names = self._get_param("namespace"), self._get_param("name")
        return _answer(_describe(self.s3tables_backend.get_table(bucket_arn, *names)))
    for bucket in self.s3tables_backend.table_buckets.values():
        for namespace in bucket.namespaces.values():
            for table in namespace.tables.values():
                if table.arn == arn:
                    return _answer(_describe(table))
    raise NotFoundException(_NO_TABLE)


@grafts.replaces(S3TablesResponse)
def list_tables(self: Any) -> Answer:
    """ListTables in name order, in pages."""
    count = self._get_param("maxTables")
    tables, token = self.s3tables_backend.list_tables(
        table_bucket_arn=_segments(self)[1],
        namespace=self._get_param("namespace"),
        prefix=self._get_param("prefix"),
        continuation_token=self._get_param("continuationToken"),
        max_tables=int(count) if count else None,
    )
    kept = ("name", "type", "tableARN", "namespace", "createdAt", "modifiedAt")
    rows = [{key: _describe(table)[key] for key in kept} for table in tables]
    return _answer({"tables": rows} | ({"continuationToken": token} if token else {}))


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
def rename_table(self: Any) -> Answer:
    """RenameTable; a table that changes its namespace says so afterwards."""
    _, bucket_arn, namespace, name, _ = _segments(self)
    body = _body(self)
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
    return _answer(status=204)


@grafts.adds(S3TablesResponse)
def get_table_maintenance_configuration(self: Any) -> Answer:
    """GetTableMaintenanceConfiguration."""
    table = _table(self)
    settings = attached(table, TableSettings)
    return _answer({"tableARN": table.arn, "configuration": settings.maintenance})


@grafts.adds(S3TablesResponse)
def put_table_maintenance_configuration(self: Any) -> Answer:
    """PutTableMaintenanceConfiguration."""
    kind = _segments(self)[5]
    if kind not in TABLE_MAINTENANCE:
        msg = f"Unknown maintenance type {kind}."
        raise BadRequestException(msg)
    attached(_table(self), TableSettings).maintenance[kind] = _body(self)["value"]
    return _answer(status=204)


@grafts.adds(S3TablesResponse)
def get_table_maintenance_job_status(self: Any) -> Answer:
    """GetTableMaintenanceJobStatus: the emulator runs no maintenance, so no job is listed."""
    return _answer({"tableARN": _table(self).arn, "status": {}})


@grafts.adds(S3TablesResponse)
def get_table_policy(self: Any) -> Answer:
    """GetTablePolicy."""
    policy = attached(_table(self), TableSettings).policy
    if policy is None:
        raise NotFoundException(_NO_POLICY)
    return _answer({"resourcePolicy": policy})


@grafts.adds(S3TablesResponse)
def put_table_policy(self: Any) -> Answer:
    """PutTablePolicy."""
    attached(_table(self), TableSettings).policy = _body(self)["resourcePolicy"]
    return _answer({})


@grafts.adds(S3TablesResponse)
def delete_table_policy(self: Any) -> Answer:
    """DeleteTablePolicy."""
    attached(_table(self), TableSettings).policy = None
    return _answer(status=204)


@grafts.adds(S3TablesResponse)
def get_table_encryption(self: Any) -> Answer:
    """GetTableEncryption: the table's own, else its bucket's."""
    own = attached(_table(self), TableSettings).encryption
    inherited = attached(_bucket(self), BucketSettings).encryption
    return _answer({"encryptionConfiguration": own or inherited})


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
    vars(models).update(
        _validate_table_bucket_name=_check_bucket_name,
        _validate_namespace_name=_check_namespace_name,
        _validate_table_name=_check_table_name,
    )
    urls.url_paths["{0}/tables/(?P<rest>.+)$"] = S3TablesResponse.dispatch
    urls.url_paths["{0}/namespaces/(?P<tableBucketARN>[^/]+)/(?P<namespace>[^/]+)$"] = (
        S3TablesResponse.dispatch
    )
