"""The table buckets of a stack under the names that they get: the first one, and the tiers."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse.config.catalog import BucketConfig, CatalogConfig, MaintenanceConfig, sql_name
from lakehouse.errors import ConfigError
from lakehouse.maintenance import Maintenance, resolved
from lakehouse.names import Names
from lakehouse.policies import Account

BUCKET_NAME = 63
"""Characters in a table bucket's name (S3 Tables user guide, naming rules)."""


@dataclass(frozen=True, kw_only=True)
class Tier:
    """One bucket, and the Spark catalog that it is."""

    name: str
    """As in the stack file; empty for the first bucket."""
    catalog: str
    """Name in SQL."""
    bucket: str
    """Name of the bucket."""
    shape: BucketConfig
    layers: tuple[MaintenanceConfig, ...]
    """What is said of maintenance for all of its tables, the most special one last."""
    protect: bool

    @property
    def defaults(self) -> Maintenance:
        """What its tables get that say nothing else."""
        return resolved(*self.layers)

    def arn(self, account: Account) -> str:
        """ARN of the bucket, which is known before the bucket is."""
        return account.arn("s3tables", f"bucket/{self.bucket}")

    def wanted(self, table: str) -> Maintenance:
        """What a table (`namespace.table`) is meant to have."""
        own = self.shape.tables.get(table)
        return self.defaults if own is None else resolved(*self.layers, own)


def tiers(catalog: CatalogConfig, names: Names) -> tuple[Tier, ...]:
    """Every bucket of a stack, the one first where names without a catalog are looked up.

    Raises:
        ConfigError: two of them are one bucket, or a name is too long: it shows only now that
            project and stack are known.
    """
    first = Tier(
        name="",
        catalog=catalog.name,
        bucket=catalog.bucket or names.table_bucket,
        shape=catalog,
        layers=(catalog.maintenance,),
        protect=catalog.protect,
    )
    found = [first]
    for name, shape in catalog.tiers.items():
        found.append(
            Tier(
                name=name,
                catalog=sql_name(name),
                bucket=shape.bucket or f"{names.table_bucket}-{name}",
                shape=shape,
                layers=(catalog.maintenance, shape.maintenance),
                protect=catalog.protect if shape.protect is None else shape.protect,
            )
        )
    _refuse(found)
    return tuple(found)


def _refuse(found: list[Tier]) -> None:
    findings, seen = [], set()
    for tier in found:
        key = f"millrace:catalog.tiers.{tier.name}" if tier.name else "millrace:catalog"
        if tier.bucket in seen:
            findings.append(
                f'{key}.bucket = "{tier.bucket}": is also the bucket of another tier; choose '
                "another name"
            )
        if len(tier.bucket) > BUCKET_NAME:
            findings.append(
                f'{key}.bucket = "{tier.bucket}": is longer than {BUCKET_NAME} characters; give '
                "the bucket a name"
            )
        seen.add(tier.bucket)
    if findings:
        raise ConfigError(findings)
