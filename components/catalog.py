"""Catalog: where tables are kept. Data outlives every cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from components._dynamic_maintenance import TableMaintenance
from components._dynamic_storage import BucketStorageClass
from lakehouse import policies
from lakehouse.config import CatalogConfig
from lakehouse.config.catalog import BucketConfig
from lakehouse.names import Names
from lakehouse.tiers import Tier


@dataclass(frozen=True, kw_only=True)
class CatalogArgs:
    """Inputs of `Catalog`."""

    account: policies.Account
    """Where the buckets are; their ARNs are known before they exist."""
    names: Names
    """Of the stack: the key's alias."""
    shape: CatalogConfig
    """What all buckets share, as the owner describes it."""
    tiers: Sequence[Tier]
    """The buckets, the first one foremost."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child that takes them."""


class Catalog(LakehouseComponent):
    """Encrypted S3 Tables buckets with their namespaces, under one key."""

    warehouses: pulumi.Output[Mapping[str, str]]
    """Catalog in SQL -> ARN of its bucket."""
    key_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: CatalogArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.tags, opts)
        self._args = args
        key = self._key(name)
        self.buckets = tuple(self._bucket(tier, key) for tier in args.tiers)
        self.warehouses = pulumi.Output.all(
            **{
                tier.catalog: bucket.arn
                for tier, bucket in zip(args.tiers, self.buckets, strict=True)
            }
        )
        self.key_arn = key.arn
        self.publish()

    @property
    def arns(self) -> list[pulumi.Output[str]]:
        """ARNs of the buckets, the first one foremost."""
        return [bucket.arn for bucket in self.buckets]

    def _opts(self, **own: Any) -> pulumi.ResourceOptions:
        # The key's policy and alias too: without them what is kept could not be read.
        return self.child_opts(retain_on_delete=self._args.shape.retain, **own)

    def _key(self, name: str) -> aws.kms.Key:
        args, shape = self._args, self._args.shape
        key = aws.kms.Key(
            self.child("tables"),
            description=f"Tables of {name}",
            enable_key_rotation=True,
            deletion_window_in_days=shape.key_deletion_days,
            tags=self.tags("tables"),
            # Without it nothing of a protected bucket could be read.
            opts=self._opts(protect=any(tier.protect for tier in args.tiers)),
        )
        # Apart from the key: setting it takes AWS seconds for which the buckets need not wait.
        aws.kms.KeyPolicy(
            self.child("tables"),
            key_id=key.key_id,
            policy=policies.as_json(
                policies.table_key(
                    account=args.account,
                    bucket_arns=[tier.arn(args.account) for tier in args.tiers],
                )
            ),
            opts=self._opts(),
        )
        aws.kms.Alias(
            self.child("tables"),
            name=args.names.key_alias,
            target_key_id=key.key_id,
            opts=self._opts(),
        )
        return key

    def _bucket(self, tier: Tier, key: aws.kms.Key) -> aws.s3tables.TableBucket:
        suffix = f"tables-{tier.name}" if tier.name else "tables"
        bucket = aws.s3tables.TableBucket(
            self.child(suffix),
            name=tier.bucket,
            encryption_configuration=aws.s3tables.TableBucketEncryptionConfigurationArgs(
                sse_algorithm="aws:kms", kms_key_arn=key.arn
            ),
            maintenance_configuration=_maintenance(tier.shape),
            opts=self._opts(protect=tier.protect),
        )
        namespaces = {
            namespace: aws.s3tables.Namespace(
                # Two tiers may have namespaces alike; no namespace has a hyphen.
                self.child(f"{tier.name}-{namespace}" if tier.name else namespace),
                namespace=namespace,
                table_bucket_arn=bucket.arn,
                opts=self._opts(),
            )
            for namespace in tier.shape.namespaces
        }
        where = {
            "account_id": self._args.account.account_id,
            "region": self._args.account.region,
            "bucket_arn": bucket.arn,
        }
        if tier.shape.storage_class:
            BucketStorageClass(
                self.child(suffix),
                {**where, "storage_class": tier.shape.storage_class},
                self._opts(),
            )
        for qualified, table in tier.shape.tables.items():
            namespace, _, name = qualified.partition(".")
            TableMaintenance(
                self.child(f"{suffix}-{qualified}"),
                {
                    **where,
                    "catalog": tier.catalog,
                    "namespace": namespace,
                    "table": name,
                    "settings": tier.wanted(qualified).to_mapping(),
                    "fallback": tier.defaults.to_mapping(),
                    "record_expiration_days": table.record_expiration_days or 0,
                },
                self._opts(depends_on=[namespaces[namespace]]),
            )
        return bucket


def _maintenance(
    shape: BucketConfig,
) -> aws.s3tables.TableBucketMaintenanceConfigurationArgs:
    removal = (
        aws.s3tables.TableBucketMaintenanceConfigurationIcebergUnreferencedFileRemovalSettingsArgs
    )
    return aws.s3tables.TableBucketMaintenanceConfigurationArgs(
        iceberg_unreferenced_file_removal=(
            aws.s3tables.TableBucketMaintenanceConfigurationIcebergUnreferencedFileRemovalArgs(
                status="enabled",
                settings=removal(
                    unreferenced_days=shape.unreferenced_days,
                    non_current_days=shape.noncurrent_days,
                ),
            )
        )
    )
