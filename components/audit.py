"""Audit: who touched which table, recorded by AWS itself where no machine of ours can change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from lakehouse import policies, watch_policies
from lakehouse.config import AuditConfig

RECORDED: Final = ("AWS::S3Tables::TableBucket", "AWS::S3Tables::Table")
"""Kinds of resource whose use is a data event of S3 Tables (CloudTrail user guide)."""


@dataclass(frozen=True, kw_only=True)
class AuditArgs:
    """Inputs of `Audit`."""

    account: policies.Account
    """Where it is."""
    shape: AuditConfig
    """Whether there is a trail and how long it is kept, as the owner describes it."""
    warehouses: Sequence[pulumi.Input[str]]
    """ARNs of the table buckets whose use is recorded."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child that takes them."""


class Audit(LakehouseComponent):
    """A trail of data events, in an encrypted bucket that only CloudTrail writes to."""

    bucket: pulumi.Output[str]
    """Name of the bucket; empty without a trail."""

    def __init__(
        self, name: str, args: AuditArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.tags, opts)
        self._args = args
        self.bucket = pulumi.Output.from_input("")
        if args.shape.trail:
            # Key and bucket name the trail in their policies: its name is known before it is.
            trail = self.child("tables")
            key = self._key(trail)
            bucket, policy = self._bucket(trail, key)
            self._trail(trail, key, bucket, policy)
            self.bucket = bucket.id
        self.publish()

    def _key(self, trail: str) -> aws.kms.Key:
        protect = self._args.shape.protect
        return aws.kms.Key(
            self.child("trail"),
            description=f"Records of the trail {trail}",
            policy=policies.as_json(watch_policies.trail_key(self._args.account, trail)),
            enable_key_rotation=True,
            deletion_window_in_days=30 if protect else 7,
            tags=self.tags("trail"),
            opts=self.child_opts(protect=protect),
        )

    def _bucket(self, trail: str, key: aws.kms.Key) -> tuple[aws.s3.Bucket, aws.s3.BucketPolicy]:
        shape, name = self._args.shape, self.child("trail")
        bucket = aws.s3.Bucket(
            name,
            force_destroy=not shape.protect,
            tags=self.tags("trail"),
            opts=self.child_opts(protect=shape.protect),
        )
        closed = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child_opts(),
        )
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.id,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=self.child_opts(),
        )
        encryption = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=(
                aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                    sse_algorithm="aws:kms", kms_master_key_id=key.arn
                )
            ),
            bucket_key_enabled=True,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name, bucket=bucket.id, rules=[encryption], opts=self.child_opts()
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.id,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="end",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(
                        days=shape.trail_days
                    ),
                )
            ],
            opts=self.child_opts(),
        )
        policy = aws.s3.BucketPolicy(
            name,
            bucket=bucket.id,
            policy=bucket.arn.apply(
                lambda arn: policies.as_json(
                    watch_policies.trail_bucket(self._args.account, arn, trail)
                )
            ),
            # S3 refuses two changes of a bucket's access at once.
            opts=self.child_opts(depends_on=[closed]),
        )
        return bucket, policy

    def _trail(
        self, name: str, key: aws.kms.Key, bucket: aws.s3.Bucket, policy: aws.s3.BucketPolicy
    ) -> None:
        aws.cloudtrail.Trail(
            name,
            name=name,
            s3_bucket_name=bucket.id,
            kms_key_id=key.arn,
            enable_log_file_validation=True,
            include_global_service_events=False,
            is_multi_region_trail=False,
            advanced_event_selectors=[
                aws.cloudtrail.TrailAdvancedEventSelectorArgs(
                    name=f"{kind} {number}",
                    field_selectors=_selectors(kind, arn),
                )
                for number, arn in enumerate(self._args.warehouses, start=1)
                for kind in RECORDED
            ],
            tags=self.tags("tables"),
            # CloudTrail tries to write when it is told where.
            opts=self.child_opts(depends_on=[policy]),
        )


def _selectors(
    kind: str, bucket_arn: pulumi.Input[str]
) -> list[aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs]:
    """Data events of one kind of resource, in this bucket only."""
    selector = aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs
    return [
        selector(field="eventCategory", equals=["Data"]),
        selector(field="resources.type", equals=[kind]),
        selector(field="resources.ARN", starts_withs=[bucket_arn]),
    ]
