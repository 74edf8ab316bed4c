"""S3 Tables' upkeep: maintenance, expiry of records and storage class, with the service's limits.

Nothing is ever compacted or expired here: what is set is checked, kept and read back.
"""

from __future__ import annotations

import gzip
import json
from typing import Any, Final
from urllib.parse import unquote

from moto.s3tables import urls
from moto.s3tables.exceptions import BadRequestException, NotFoundException
from moto.s3tables.responses import S3TablesResponse

from local.account.graft import Grafts, attached
from local.account.s3tables import (
    Answer,
    BucketSettings,
    answer,
    body_of,
    bucket_of,
    segments,
)
from local.account.tables import NO_TABLE, TableSettings, find, table_of

grafts = Grafts()

Limits = dict[str, tuple[int, int]]

MOST: Final = 2**31 - 1

LIMITS: Final[dict[str, Limits]] = {
    "icebergUnreferencedFileRemoval": {"unreferencedDays": (1, MOST), "nonCurrentDays": (1, MOST)},
    # S3 Tables user guide, "S3 Tables maintenance": 64 MB to 512 MB.
    "icebergCompaction": {"targetFileSizeMB": (64, 512)},
    "icebergSnapshotManagement": {
        "minSnapshotsToKeep": (1, MOST),
        "maxSnapshotAgeHours": (1, MOST),
    },
}
STRATEGIES: Final = ("auto", "binpack", "sort", "z-order")
STATUSES: Final = ("enabled", "disabled")
CLASSES: Final = ("STANDARD", "INTELLIGENT_TIERING")


def _checked(kind: str, value: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    """A configuration as it is kept: what it leaves out stays as it was."""
    if kind not in kept:
        msg = f"The maintenance type {kind} is not valid here."
        raise BadRequestException(msg)
    status = value.get("status", kept[kind]["status"])
    settings = {**kept[kind]["settings"][kind], **value.get("settings", {}).get(kind, {})}
    if status not in STATUSES:
        msg = f"The status {status} is not valid."
        raise BadRequestException(msg)
    for name, (low, high) in LIMITS[kind].items():
        if not low <= settings[name] <= high:
            msg = f"The value {settings[name]} of {name} is not valid: {low} to {high}."
            raise BadRequestException(msg)
    if settings.get("strategy", "auto") not in STRATEGIES:
        msg = f"The compaction strategy {settings['strategy']} is not valid."
        raise BadRequestException(msg)
    return {"status": status, "settings": {kind: settings}}


# Buckets


@grafts.adds(S3TablesResponse)
def get_table_bucket_maintenance_configuration(self: Any) -> Answer:
    """GetTableBucketMaintenanceConfiguration."""
    found = bucket_of(self)
    settings = attached(found, BucketSettings)
    return answer({"tableBucketARN": found.arn, "configuration": settings.maintenance})


@grafts.adds(S3TablesResponse)
def put_table_bucket_maintenance_configuration(self: Any) -> Answer:
    """PutTableBucketMaintenanceConfiguration."""
    kind, settings = segments(self)[3], attached(bucket_of(self), BucketSettings)
    settings.maintenance[kind] = _checked(kind, body_of(self)["value"], settings.maintenance)
    return answer(status=204)


@grafts.adds(S3TablesResponse)
def get_table_bucket_storage_class(self: Any) -> Answer:
    """GetTableBucketStorageClass."""
    chosen = attached(bucket_of(self), BucketSettings).storage_class
    return answer({"storageClassConfiguration": {"storageClass": chosen}})


@grafts.adds(S3TablesResponse)
def put_table_bucket_storage_class(self: Any) -> Answer:
    """PutTableBucketStorageClass: for tables that are made from now on."""
    chosen = body_of(self)["storageClassConfiguration"]["storageClass"]
    if chosen not in CLASSES:
        msg = f"The storage class {chosen} is not valid."
        raise BadRequestException(msg)
    attached(bucket_of(self), BucketSettings).storage_class = chosen
    return answer({})


# Tables


@grafts.adds(S3TablesResponse)
def get_table_maintenance_configuration(self: Any) -> Answer:
    """GetTableMaintenanceConfiguration."""
    table = table_of(self)
    settings = attached(table, TableSettings)
    return answer({"tableARN": table.arn, "configuration": settings.maintenance})


@grafts.adds(S3TablesResponse)
def put_table_maintenance_configuration(self: Any) -> Answer:
    """PutTableMaintenanceConfiguration; files are sorted only in tables with a sort order."""
    kind, table = segments(self)[5], table_of(self)
    settings = attached(table, TableSettings)
    value = _checked(kind, body_of(self)["value"], settings.maintenance)
    strategy = value["settings"][kind].get("strategy")
    if strategy in ("sort", "z-order") and not _has_sort_order(table):
        msg = f"The compaction strategy {strategy} requires a table with a sort order."
        raise BadRequestException(msg)
    settings.maintenance[kind] = value
    return answer(status=204)


@grafts.adds(S3TablesResponse)
def get_table_maintenance_job_status(self: Any) -> Answer:
    """GetTableMaintenanceJobStatus: no job ever runs here."""
    table = table_of(self)
    kinds = {
        **attached(bucket_of(self), BucketSettings).maintenance,
        **attached(table, TableSettings).maintenance,
    }
    status = {
        kind: {"status": "Disabled" if each["status"] == "disabled" else "Not_Yet_Run"}
        for kind, each in kinds.items()
    }
    return answer({"tableARN": table.arn, "status": status})


@grafts.adds(S3TablesResponse)
def get_table_storage_class(self: Any) -> Answer:
    """GetTableStorageClass: the bucket's when the table was made."""
    chosen = attached(table_of(self), TableSettings).storage_class
    return answer({"storageClassConfiguration": {"storageClass": chosen}})


def _has_sort_order(table: Any) -> bool:
    """Whether the table's metadata names an order that is not the empty one."""
    if not table.metadata_location:
        return False
    key = table.metadata_location.removeprefix(f"{table.warehouse_location}/")
    found = table._bucket.keys.get(key)
    if found is None:
        return False
    text = gzip.decompress(found.value) if key.endswith(".gz") else found.value
    metadata = json.loads(text)
    return bool(metadata.get("default-sort-order-id"))


# Records


def _by_arn(response: Any) -> Any:
    arn = unquote(response._get_param("tableArn") or "")
    table = find(response.s3tables_backend, arn)
    if table is None:
        raise NotFoundException(NO_TABLE)
    return table


@grafts.adds(S3TablesResponse)
def get_table_record_expiration_configuration(self: Any) -> Answer:
    """GetTableRecordExpirationConfiguration; off, where nobody set it."""
    return answer({"configuration": attached(_by_arn(self), TableSettings).expiration})


@grafts.adds(S3TablesResponse)
def put_table_record_expiration_configuration(self: Any) -> Answer:
    """PutTableRecordExpirationConfiguration."""
    value = body_of(self)["value"]
    days = value.get("settings", {}).get("days")
    if value.get("status") not in STATUSES or (days is not None and not 1 <= days <= MOST):
        msg = "The record expiration configuration is not valid."
        raise BadRequestException(msg)
    if value["status"] == "enabled" and days is None:
        msg = "The number of days is missing."
        raise BadRequestException(msg)
    attached(_by_arn(self), TableSettings).expiration = value
    return answer(status=204)


@grafts.adds(S3TablesResponse)
def get_table_record_expiration_job_status(self: Any) -> Answer:
    """GetTableRecordExpirationJobStatus: no job ever runs here."""
    status = attached(_by_arn(self), TableSettings).expiration["status"]
    return answer({"status": "NotYetRun" if status == "enabled" else "Disabled"})


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
    for path in ("table-record-expiration", "table-record-expiration-job-status"):
        urls.url_paths[f"{{0}}/{path}$"] = S3TablesResponse.dispatch
