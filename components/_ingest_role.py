"""The role of a writer outside the cluster: named tables, and never secrets or rights."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from lakehouse import ingest, policies
from lakehouse.config import IngestConfig


def make(
    parent: LakehouseComponent,
    writer: str,
    name: str,
    shape: IngestConfig,
    *,
    account: policies.Account,
    buckets: Mapping[str, str],
    key_arn: pulumi.Output[str],
    boundary: str | None,
) -> pulumi.Output[str]:
    """ARN of the role, which has a name that people type into jobs; `buckets` are names as in
    the stack file -> name in S3 Tables."""
    arns = {key: account.arn("s3tables", f"bucket/{each}") for key, each in buckets.items()}
    suffix = f"ingest-{writer}"
    role = aws.iam.Role(
        parent.child(suffix),
        name=name,
        assume_role_policy=policies.as_json(ingest.trust(shape, account)),
        permissions_boundary=boundary,
        tags=parent.tags(suffix),
        # Its name is fixed, so the new one cannot stand beside the old.
        opts=parent.child_opts(delete_before_replace=True),
    )
    aws.iam.RolePolicy(
        parent.child(suffix),
        role=role.id,
        policy=key_arn.apply(lambda key: policies.as_json(ingest.policy(shape, arns, key))),
        opts=parent.child_opts(),
    )
    return role.arn
