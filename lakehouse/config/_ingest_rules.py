"""Rules of writers outside the cluster: named tables, named principals, no rights but those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from lakehouse.config._findings import Finding, did_you_mean
from lakehouse.config._lake_rules import OWN, own_buckets
from lakehouse.config.access import AccessConfig
from lakehouse.config.catalog import CatalogConfig
from lakehouse.config.ingest import IngestConfig, IngestTargetConfig
from lakehouse.grants import bypass

KEY: Final = "millrace:access.ingest"

WRITER_NAME: Final = 22
"""Characters of a writer's name that leave room for the rest of its role's name."""

EVERY: Final = "*"


def findings(access: AccessConfig, catalog: CatalogConfig | None) -> Iterator[Finding]:
    """Every broken rule of the writers; of the lake only where the catalog could be read."""
    for name, writer in access.ingest.items():
        key = f"{KEY}.{name}"
        if len(name) > WRITER_NAME:
            yield Finding(key, f"has a name of {len(name)} characters; use at most {WRITER_NAME}")
        yield from _who(key, writer)
        yield from _rights(key, writer)
        for index, target in enumerate(writer.into):
            place = f"{key}.into[{index}]"
            yield from _tables(place, target)
            if catalog is not None:
                yield from _place(place, target, catalog)


def _who(key: str, writer: IngestConfig) -> Iterator[Finding]:
    if not (writer.trusted or writer.trusted_services):
        yield Finding(
            f"{key}.trusted",
            "is empty, so that nobody could take this role; name principals or trusted_services",
        )
    if writer.external_id and not writer.trusted:
        yield Finding(
            f"{key}.external_id",
            "is asked of principals in trusted, and there are none; add them or remove it",
            writer.external_id,
        )
    for setting in ("trusted", "trusted_services"):
        for value, count in Counter(getattr(writer, setting)).items():
            if count > 1:
                yield Finding(f"{key}.{setting}", f"is written {count} times; write it once", value)


def _rights(key: str, writer: IngestConfig) -> Iterator[Finding]:
    beyond = bypass.in_statements_of_writers(writer.statements)
    if beyond:
        yield Finding(
            f"{key}.statements",
            f"allows {', '.join(beyond)}, and a writer may neither read secrets nor change who may "
            "do what; remove it, and name tables in into",
        )
    if writer.create_tables and not any(EVERY in each.tables for each in writer.into):
        yield Finding(
            f"{key}.create_tables",
            "is for namespaces of which every table may be written, and there is none; write "
            'tables: ["*"] for one, or make the tables first',
            True,
        )


def _tables(key: str, target: IngestTargetConfig) -> Iterator[Finding]:
    for table, count in Counter(target.tables).items():
        if count > 1:
            yield Finding(f"{key}.tables", f"is written {count} times; write it once", table)
    if EVERY in target.tables and set(target.tables) != {EVERY}:
        yield Finding(
            f"{key}.tables",
            "names tables beside *, which is all of them; remove one of the two",
            list(target.tables),
        )


def _place(key: str, target: IngestTargetConfig, catalog: CatalogConfig) -> Iterator[Finding]:
    buckets = own_buckets(catalog)
    bucket = target.bucket or OWN
    if bucket not in buckets:
        named = [each for each in buckets if each]
        hint = did_you_mean(bucket, named) if named else "leave it out for the stack's first"
        yield Finding(f"{key}.bucket", f"is no table bucket of this stack; {hint}", target.bucket)
    elif target.namespace not in buckets[bucket]:
        where = "catalog.namespaces" if bucket == OWN else f"the namespaces of {bucket}"
        yield Finding(
            f"{key}.namespace",
            f"is not in {where}; {did_you_mean(target.namespace, buckets[bucket])}",
            target.namespace,
        )
