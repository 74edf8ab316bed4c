"""Catalog: where tables are kept. Data outlives every cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from lakehouse import policies
from lakehouse.config import CatalogConfig
from lakehouse.names import Names


@dataclass(frozen=True, kw_only=True)
class CatalogArgs:
    """Inputs of `Catalog`."""

    account: policies.Account
    """Where the bucket is; its ARN is known before it exists."""
    names: Names
    """Of the stack: the bucket's where its owner gives none, and the key's alias."""
    shape: CatalogConfig
    """Namespaces, protection and maintenance, as the owner describes them."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child that takes them."""


class Catalog(LakehouseComponent):
    """An encrypted S3 Tables bucket with its namespaces."""

    warehouse: pulumi.Output[str]
    """ARN of the bucket, once it and its namespaces exist."""
    key_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: CatalogArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.tags, opts)
        bucket_name = args.shape.bucket or args.names.table_bucket
        bucket_arn = args.account.arn("s3tables", f"bucket/{bucket_name}")
        key = aws.kms.Key(
            self.child("tables"),
            description=f"Tables of {name}",
            enable_key_rotation=True,
            deletion_window_in_days=args.shape.key_deletion_days,
            tags=self.tags("tables"),
            opts=self.child_opts(protect=args.shape.protect),
        )
        # Apart from the key: setting it takes AWS seconds for which the bucket need not wait.
        aws.kms.KeyPolicy(
            self.child("tables"),
            key_id=key.key_id,
            policy=policies.as_json(
                policies.table_key(account=args.account, bucket_arn=bucket_arn)
            ),
            opts=self.child_opts(),
        )
        aws.kms.Alias(
            self.child("tables"),
            name=args.names.key_alias,
            target_key_id=key.key_id,
            opts=self.child_opts(),
        )
        bucket = aws.s3tables.TableBucket(
            self.child("tables"),
            name=bucket_name,
            encryption_configuration=aws.s3tables.TableBucketEncryptionConfigurationArgs(
                sse_algorithm="aws:kms", kms_key_arn=key.arn
            ),
            maintenance_configuration=_maintenance(args.shape),
            opts=self.child_opts(protect=args.shape.protect),
        )
        for namespace in args.shape.namespaces:
            aws.s3tables.Namespace(
                self.child(namespace),
                namespace=namespace,
                table_bucket_arn=bucket.arn,
                opts=self.child_opts(),
            )
        self.warehouse = bucket.arn
        self.key_arn = key.arn
        self.publish()


def _maintenance(
    shape: CatalogConfig,
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
