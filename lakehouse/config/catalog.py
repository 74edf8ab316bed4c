"""Settings of the catalog: where tables are kept, and how they are looked after."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator

from lakehouse.config._settings import Section, setting
from lakehouse.effects import Effect
from lakehouse.types import BucketName, Identifier

TIER_NAME: Final = 28
"""Characters of a tier's name that leave room for project and stack in its bucket's name."""

Strategy = Literal["auto", "binpack", "sort", "z-order"]
"""How S3 Tables joins files: PutTableMaintenanceConfiguration, icebergCompaction."""

StorageClass = Literal["STANDARD", "INTELLIGENT_TIERING"]

_TIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TABLE = re.compile(r"[a-z0-9][a-z0-9_]{0,254}\.[a-z0-9][a-z0-9_]{0,254}")


def _tier(value: str) -> str:
    if not _TIER.fullmatch(value) or not 3 <= len(value) <= TIER_NAME:
        msg = (
            f"is no name of a tier; use 3 to {TIER_NAME} lower case letters, digits and single "
            "hyphens"
        )
        raise ValueError(msg)
    return value


def _qualified(value: str) -> str:
    if not _TABLE.fullmatch(value):
        msg = "is no table; write namespace.table, in lower case letters, digits and underscores"
        raise ValueError(msg)
    return value


TierName = Annotated[str, AfterValidator(_tier)]
QualifiedTable = Annotated[str, AfterValidator(_qualified)]


def sql_name(tier: str) -> str:
    """The catalog of a tier, to be written without quotes."""
    return tier.replace("-", "_")


class MaintenanceConfig(Section):
    """How S3 Tables looks after tables. What is unset is as in the place above, which is the
    tier for a table and the catalog for a tier; what nobody sets is as S3 Tables has it."""

    compaction: bool | None = setting(
        "Whether small files are joined (S3 Tables: true).",
        default=None,
        effect=Effect.IN_PLACE,
    )
    target_file_mb: int | None = setting(
        "Size in MB that joined files have, 64 to 512 (S3 Tables: 512).",
        default=None,
        effect=Effect.IN_PLACE,
        ge=64,
        le=512,
    )
    strategy: Strategy | None = setting(
        "How files are joined (S3 Tables: auto, which sorts tables that have a sort order). sort "
        "and z-order need one, so they are set for single tables only.",
        default=None,
        effect=Effect.IN_PLACE,
    )
    snapshot_management: bool | None = setting(
        "Whether old snapshots are removed (S3 Tables: true).",
        default=None,
        effect=Effect.IN_PLACE,
    )
    minimum_snapshots: int | None = setting(
        "Snapshots that are kept however old they are (S3 Tables: 1).",
        default=None,
        effect=Effect.IN_PLACE,
        ge=1,
        le=2**31 - 1,
    )
    maximum_snapshot_age_hours: int | None = setting(
        "Hours that every snapshot is kept (S3 Tables: 120). Time travel reaches no further back.",
        default=None,
        effect=Effect.IN_PLACE,
        ge=1,
        le=2**31 - 1,
    )


class TableConfig(MaintenanceConfig):
    """Maintenance of one table, over that of its tier."""

    record_expiration_days: int | None = setting(
        "Days after which S3 Tables deletes rows; unset keeps them. Refused by S3 Tables for "
        "tables that it does not offer this for.",
        default=None,
        effect=Effect.IN_PLACE,
        ge=1,
        le=2**31 - 1,
    )


class QuotasConfig(Section):
    """What S3 Tables allows an account in a region. AWS Support raises all three."""

    tables: int = setting(
        "Tables in one bucket.", default=10_000, effect=Effect.NONE, ge=1, le=10_000_000
    )
    namespaces: int = setting(
        "Namespaces in one bucket.", default=10_000, effect=Effect.NONE, ge=1, le=10_000_000
    )
    buckets: int = setting(
        "Table buckets of the account in the region, of which other stacks may have some.",
        default=10,
        effect=Effect.NONE,
        ge=1,
        le=10_000,
    )


class BucketConfig(Section):
    """One S3 Tables bucket."""

    bucket: BucketName | None = setting(
        "Name of the S3 Tables bucket; unset means <project>-<stack>, with -<tier> for a tier.",
        default=None,
        effect=Effect.REFUSED,
    )
    namespaces: tuple[Identifier, ...] = setting(
        "Namespaces that exist from the start. One that is taken off the list must be empty.",
        default=("default",),
        effect=Effect.IN_PLACE,
    )
    unreferenced_days: int = setting(
        "Days after which S3 Tables removes files that no snapshot refers to, at least 1.",
        default=3,
        effect=Effect.IN_PLACE,
        ge=1,
        le=2**31 - 1,
    )
    noncurrent_days: int = setting(
        "Days that removed files can still be recovered, at least 1.",
        default=10,
        effect=Effect.IN_PLACE,
        ge=1,
        le=2**31 - 1,
    )
    storage_class: StorageClass | None = setting(
        "Storage class of tables that are made from now on; unset leaves S3 Tables' own, which "
        "is STANDARD.",
        default=None,
        effect=Effect.IN_PLACE,
    )
    expected_tables: int = setting(
        "Tables that the bucket is expected to hold, held against quotas.tables.",
        default=1000,
        effect=Effect.NONE,
        ge=0,
    )
    maintenance: MaintenanceConfig = setting(
        "Maintenance of tables that say nothing else. Users make tables, so `lakehouse tables "
        "maintenance apply` gives it to those that are new.",
        factory=MaintenanceConfig,
        effect=Effect.NONE,
    )
    tables: dict[QualifiedTable, TableConfig] = setting(
        "Maintenance of single tables, by namespace.table. They need not exist yet.",
        factory=dict,
        effect=Effect.IN_PLACE,
    )


class TierConfig(BucketConfig):
    """A bucket beside the first one, and a catalog of the same name in SQL (- is _ there)."""

    protect: bool | None = setting(
        "Whether Pulumi refuses to delete this bucket; unset means as catalog.protect.",
        default=None,
        effect=Effect.NONE,
    )


class CatalogConfig(BucketConfig):
    """Where tables are kept: a bucket, and one more for each tier."""

    name: Identifier = setting(
        "Name of the catalog in SQL: SELECT ... FROM <name>.<namespace>.<table>. Names without a "
        "catalog are looked up here.",
        default="lake",
        effect=Effect.SWAP_LEADER,
    )
    protect: bool = setting(
        "Whether Pulumi refuses to delete buckets and their key.",
        default=True,
        effect=Effect.NONE,
    )
    retain: bool = setting(
        "Whether buckets, namespaces and key stay in the account when the stack gives them up: "
        "Pulumi forgets them and deletes nothing.",
        default=False,
        effect=Effect.NONE,
    )
    key_deletion_days: int = setting(
        "Days that AWS keeps a deleted encryption key, 7 to 30: the time in which tables "
        "can still be rescued.",
        default=30,
        effect=Effect.IN_PLACE,
        ge=7,
        le=30,
    )
    time_travel_days: int | None = setting(
        "Days that users are promised to see tables as they were. Maintenance that keeps "
        "snapshots for less is refused; unset promises nothing.",
        default=None,
        effect=Effect.NONE,
        ge=1,
        le=36_500,
    )
    tiers: dict[TierName, TierConfig] = setting(
        "Further buckets by name, as bronze, silver and gold.",
        factory=dict,
        effect=Effect.SWAP_LEADER,
    )
    quotas: QuotasConfig = setting(
        "Quotas of the account, where AWS has raised them.",
        factory=QuotasConfig,
        effect=Effect.NONE,
    )
