"""Maintenance of one table that users make: joined how, and how far back it can be read.

Pulumi's own resource would have to own the table, and deletes it with the stack; it also lacks the
compaction strategy. This one owns the settings only. A table that is not there yet is waited for:
each preview looks, and shows an update as soon as it is.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

from botocore.exceptions import ClientError
from pulumi import Input, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from components._dynamic import AwsProvider, Props, client, code_of, patiently, shown
from lakehouse.maintenance import SORTING, Maintenance, from_api, from_mapping

APPLIED = "applied"
WAITING = "waiting for the table"

_GONE = "NotFoundException"


class MaintenanceProvider(AwsProvider):
    """Sets, compares and, when the table is no longer declared, gives its tier's settings back."""

    identity = ("bucket_arn", "namespace", "table")
    compared = ("settings", "fallback", "record_expiration_days")

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Settings that differ, and a table that has come to exist meanwhile."""
        found = super().diff(_id, _olds, _news)
        if found.changes or _olds.get("state") != WAITING:
            return found
        return DiffResult(changes=_arn(_news) is not None, replaces=[])

    def create(self, props: Props) -> CreateResult:
        """Set what is declared, where there is such a table."""
        id_ = "/".join((props["bucket_arn"], props["namespace"], props["table"]))
        return CreateResult(id_, {**props, "state": _apply(props, expired_before=0)})

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Set what is declared now."""
        before = int(_olds.get("record_expiration_days") or 0)
        return UpdateResult({**_news, "state": _apply(_news, expired_before=before)})

    def read(self, id_: str, props: Props) -> ReadResult:
        """The settings as the table has them."""
        arn = _arn(props)
        if arn is None:
            return ReadResult(id_, {**props, "state": WAITING})
        days = _expiration(props, arn) if props.get("record_expiration_days") else 0
        seen = {"settings": _get(props).to_mapping(), "record_expiration_days": days}
        return ReadResult(id_, {**props, **seen, "state": APPLIED})

    def delete(self, _id: str, _props: Props) -> None:
        """The table keeps no settings of its own; the table itself stays."""
        before = int(_props.get("record_expiration_days") or 0)
        own = {"settings": _props["fallback"], "record_expiration_days": 0}
        _apply({**_props, **own}, expired_before=before)


class TableMaintenance(Resource, module="millrace", name="TableMaintenance"):
    """The settings of one declared table."""

    def __init__(self, name: str, props: dict[str, Input[Any]], opts: ResourceOptions) -> None:
        super().__init__(MaintenanceProvider(), name, {**props, "state": None}, opts)


def _apply(props: Props, *, expired_before: int) -> str:
    arn = _arn(props)
    if arn is None:
        return WAITING
    wanted, where, name = from_mapping(props["settings"]), _where(props), _name(props)
    if wanted.strategy in SORTING and not _has_sort_order(props):
        msg = (
            f"maintenance of {name}: strategy {wanted.strategy} needs a sort order, which the "
            f"table has not; ALTER TABLE {name} WRITE ORDERED BY ..., or set strategy to auto"
        )
        raise RuntimeError(msg)
    tables = client(props, "s3tables")
    present = _get(props).to_api()
    for kind, value in wanted.to_api().items():
        if present[kind] != value:
            _put(tables, where, kind, value, name)
    days = int(props.get("record_expiration_days") or 0)
    if days or expired_before:
        _expire(tables, arn, days, name)
    shown(lambda: _get(props), lambda seen: seen == wanted, f"maintenance of {name} as declared")
    return APPLIED


def _put(tables: Any, where: Props, kind: str, value: Props, name: str) -> None:
    patiently(
        lambda: tables.put_table_maintenance_configuration(**where, type=kind, value=value),
        f"setting {kind} of {name}",
    )


def _expire(tables: Any, arn: str, days: int, name: str) -> None:
    value: Props = {"status": "disabled"}
    if days:
        value = {"status": "enabled", "settings": {"days": days}}
    try:
        tables.put_table_record_expiration_configuration(tableArn=arn, value=value)
    except ClientError as error:
        if code_of(error) != "MethodNotAllowedException":
            raise
        msg = (
            f"maintenance of {name}: S3 Tables lets no rows of this table expire "
            f"(record_expiration_days = {days}); take the setting away and delete rows by a job"
        )
        raise RuntimeError(msg) from error


def _expiration(props: Props, arn: str) -> int:
    tables = client(props, "s3tables")
    found = tables.get_table_record_expiration_configuration(tableArn=arn)["configuration"]
    return int(found.get("settings", {}).get("days", 0)) if found["status"] == "enabled" else 0


def _get(props: Props) -> Maintenance:
    tables = client(props, "s3tables")
    found = tables.get_table_maintenance_configuration(**_where(props))
    return from_api(found["configuration"])


def _arn(props: Props) -> str | None:
    """The table's ARN; nothing where there is no such table, namespace or bucket."""
    try:
        return str(client(props, "s3tables").get_table(**_where(props))["tableARN"])
    except ClientError as error:
        if code_of(error) == _GONE:
            return None
        raise


def _has_sort_order(props: Props) -> bool:
    """Asked of the table's own metadata: S3 Tables is not known to say so itself."""
    pointer = client(props, "s3tables").get_table_metadata_location(**_where(props))
    location = pointer.get("metadataLocation")
    if not location:
        return False
    bucket, _, key = location.removeprefix("s3://").partition("/")
    text = client(props, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    metadata = json.loads(gzip.decompress(text) if text[:2] == b"\x1f\x8b" else text)
    return bool(metadata.get("default-sort-order-id"))


def _where(props: Props) -> dict[str, str]:
    return {
        "tableBucketARN": props["bucket_arn"],
        "namespace": props["namespace"],
        "name": props["table"],
    }


def _name(props: Props) -> str:
    return f"{props['catalog']}.{props['namespace']}.{props['table']}"
