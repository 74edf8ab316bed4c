"""Where grants may be: the table buckets that a stack knows of, and their namespaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from lakehouse.config._findings import Finding, did_you_mean
from lakehouse.config.catalog import CatalogConfig, sql_name
from lakehouse.config.governance import GovernanceConfig

KEY: Final = "millrace:governance"
OWN: Final = ""
"""The stack's own bucket, whose name may be known to Pulumi only."""

Buckets = Mapping[str, tuple[str, ...]]


class Placed(Protocol):
    """A setting that names a place in the lake."""

    @property
    def bucket(self) -> str | None:
        """Unset means the stack's own."""

    @property
    def namespace(self) -> str | None:
        """Unset means the bucket itself."""


def place(
    key: str, placed: Placed, governance: GovernanceConfig, catalog: CatalogConfig
) -> Iterator[Finding]:
    """Whether the bucket and the namespace are known."""
    buckets = {**governance.other_buckets, **own_buckets(catalog)}
    bucket = placed.bucket or OWN
    if bucket not in buckets:
        named = [each for each in buckets if each]
        hint = did_you_mean(bucket, named) if named else "leave it out for the stack's own"
        yield Finding(
            f"{key}.bucket",
            f"is neither the stack's own nor in governance.other_buckets; {hint}",
            placed.bucket,
        )
    elif placed.namespace and placed.namespace not in buckets[bucket]:
        where = "catalog.namespaces" if bucket == OWN else f"the namespaces of {bucket}"
        yield Finding(
            f"{key}.namespace",
            f"is not in {where}; {did_you_mean(placed.namespace, buckets[bucket])}",
            placed.namespace,
        )


def own_buckets(catalog: CatalogConfig) -> Buckets:
    """The stack's own buckets: the first without a name, tiers by theirs, and all under the names
    that they are given."""
    own = {OWN: catalog.namespaces}
    if catalog.bucket:
        own[catalog.bucket] = catalog.namespaces
    for name, tier in catalog.tiers.items():
        own[name] = tier.namespaces
        if tier.bucket:
            own[tier.bucket] = tier.namespaces
    return own


def aliases(catalog: CatalogConfig) -> Mapping[str, str]:
    """What the stack's own buckets are called besides -> the name by which rules compare them."""
    found = {catalog.bucket: OWN} if catalog.bucket else {}
    return found | {each.bucket: name for name, each in catalog.tiers.items() if each.bucket}


def other_buckets(governance: GovernanceConfig, catalog: CatalogConfig) -> Iterator[Finding]:
    """Whether other stacks' buckets have names that mean nothing else here."""
    own = {catalog.name: "catalog.name"}
    own |= {sql_name(name): f"catalog.tiers.{name}" for name in catalog.tiers}
    for bucket in governance.other_buckets:
        called = sql_name(bucket)
        if called in own:
            yield Finding(
                f"{KEY}.other_buckets.{bucket}",
                f"would be called {called} in SQL, as {own[called]} is; choose another name for "
                "one of the two",
            )
