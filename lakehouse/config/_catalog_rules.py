"""Rules between the settings of the catalog: quotas, names, and how long history is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from lakehouse.config._findings import Finding, did_you_mean
from lakehouse.config.catalog import (
    BucketConfig,
    CatalogConfig,
    MaintenanceConfig,
    QuotasConfig,
    sql_name,
)
from lakehouse.maintenance import SORTING, resolved

KEY: Final = "millrace:catalog"

TAKEN: Final = frozenset({"spark_catalog", "system"})
"""Catalogs that Spark has already."""

HOURS: Final = 24


def findings(catalog: CatalogConfig) -> Iterator[Finding]:
    """Every broken rule of the catalog."""
    places: dict[str, BucketConfig] = {KEY: catalog}
    places |= {f"{KEY}.tiers.{name}": tier for name, tier in catalog.tiers.items()}
    yield from _names(catalog)
    yield from _buckets(places, catalog)
    for key, bucket in places.items():
        yield from _counts(key, bucket, catalog.quotas)
        yield from _tables(key, bucket)
        yield from _sorting(key, bucket)
    if catalog.time_travel_days is not None:
        yield from _promise(catalog.time_travel_days, places, catalog)


def _names(catalog: CatalogConfig) -> Iterator[Finding]:
    used = {catalog.name: f"{KEY}.name"}
    if catalog.name in TAKEN:
        yield Finding(
            f"{KEY}.name", "is a catalog that Spark has already; choose another", catalog.name
        )
    for name in catalog.tiers:
        key, called = f"{KEY}.tiers.{name}", sql_name(name)
        if called in used:
            yield Finding(
                key, f"is called {called} in SQL, as {used[called]} is; choose another name"
            )
        elif called in TAKEN:
            yield Finding(
                key, f"is called {called} in SQL, which Spark has already; choose another name"
            )
        used.setdefault(called, key)


def _buckets(places: Mapping[str, BucketConfig], catalog: CatalogConfig) -> Iterator[Finding]:
    named = [each.bucket for each in places.values() if each.bucket]
    for key, place in places.items():
        if place.bucket and named.count(place.bucket) > 1:
            yield Finding(
                f"{key}.bucket", "is the bucket of two tiers; give each its own", place.bucket
            )
    if len(places) > catalog.quotas.buckets:
        yield Finding(
            f"{KEY}.tiers",
            f"makes {len(places)} table buckets, but the account may have "
            f"{catalog.quotas.buckets} in the region; make fewer tiers, or have the quota raised "
            "and write it into catalog.quotas.buckets",
        )


def _counts(key: str, bucket: BucketConfig, quotas: QuotasConfig) -> Iterator[Finding]:
    if bucket.expected_tables > quotas.tables:
        yield Finding(
            f"{key}.expected_tables",
            f"is more than one bucket holds ({quotas.tables}); spread them over catalog.tiers, or "
            "have the quota raised and write it into catalog.quotas.tables",
            bucket.expected_tables,
        )
    if len(bucket.namespaces) > quotas.namespaces:
        yield Finding(
            f"{key}.namespaces",
            f"has {len(bucket.namespaces)} entries, and one bucket holds {quotas.namespaces}; "
            "spread them over catalog.tiers, or have the quota raised and write it into "
            "catalog.quotas.namespaces",
        )
    if len(bucket.tables) > bucket.expected_tables:
        yield Finding(
            f"{key}.expected_tables",
            f"is less than the {len(bucket.tables)} that {key.partition(':')[2]}.tables names; "
            "raise it",
            bucket.expected_tables,
        )
    for namespace, count in Counter(bucket.namespaces).items():
        if count > 1:
            yield Finding(
                f"{key}.namespaces", f"is written {count} times; write it once", namespace
            )


def _tables(key: str, bucket: BucketConfig) -> Iterator[Finding]:
    for table in bucket.tables:
        namespace = table.partition(".")[0]
        if namespace not in bucket.namespaces:
            yield Finding(
                f"{key}.tables.{table}",
                f"is in no namespace of {key.partition(':')[2]}.namespaces; "
                f"{did_you_mean(namespace, bucket.namespaces)}",
            )


def _sorting(key: str, bucket: BucketConfig) -> Iterator[Finding]:
    strategy = bucket.maintenance.strategy
    if strategy in SORTING:
        yield Finding(
            f"{key}.maintenance.strategy",
            "needs a sort order, which not every table has; leave auto, which sorts those that "
            "have one, or set it for single tables in tables",
            strategy,
        )


def _promise(
    days: int, places: Mapping[str, BucketConfig], catalog: CatalogConfig
) -> Iterator[Finding]:
    """Whether every place keeps history for so long; said once, where the age is written."""
    found: dict[str, int] = {}
    for key, bucket in places.items():
        layers = {
            f"{KEY}.maintenance": catalog.maintenance,
            f"{key}.maintenance": bucket.maintenance,
        }
        own = [{f"{key}.tables.{table}": each} for table, each in bucket.tables.items()]
        for place in ({}, *own):
            above: dict[str, MaintenanceConfig] = {**layers, **place}
            result = resolved(*above.values())
            if result.history_hours < days * HOURS:
                written = [k for k, each in above.items() if each.maximum_snapshot_age_hours]
                where = written[-1] if written else f"{KEY}.maintenance"
                found[where] = result.maximum_snapshot_age_hours
    for where, hours in found.items():
        less = f"promise {hours // HOURS} days" if hours >= HOURS else "leave the promise out"
        yield Finding(
            f"{where}.maximum_snapshot_age_hours",
            f"is less than the {days} days that catalog.time_travel_days promises; give at least "
            f"{days * HOURS}, or {less}",
            hours,
        )
