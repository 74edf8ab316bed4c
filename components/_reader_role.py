"""The role of a reader: what it is granted it may look up, and nothing on S3 Tables itself."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from lakehouse import policies
from lakehouse.config import ReaderConfig
from lakehouse.grants import roles
from lakehouse.grants.declared import Declared
from lakehouse.names import ROLE_TAG, Names


def make(
    parent: LakehouseComponent,
    reader: str,
    name: str,
    shape: ReaderConfig,
    declared: Declared,
    *,
    boundary: str | None,
    stack: Names,
    is_spark: bool,
) -> pulumi.Resource:
    """The role, under a name that people type into the jobs that take it."""
    lake = declared.lake
    role = aws.iam.Role(
        parent.child(f"reader-{reader}"),
        name=name,
        assume_role_policy=policies.as_json(
            roles.trust(
                lake,
                shape.trusted,
                shape.trusted_services,
                machines=f"{stack.prefix}-*-leader-*" if is_spark else "",
                # By name and by tag: a reader may be called something with leader in it.
                machine_tags=stack.tags({ROLE_TAG: "leader"}),
            )
        ),
        permissions_boundary=boundary,
        tags=parent.tags(f"reader-{reader}"),
        # Its name is fixed, so the new one cannot stand beside the old.
        opts=parent.child_opts(delete_before_replace=True),
    )
    aws.iam.RolePolicy(
        parent.child(f"reader-{reader}"),
        role=role.id,
        policy=policies.as_json(roles.reader(lake, declared.of(reader), shape.statements)),
        opts=parent.child_opts(),
    )
    for arn in shape.managed_policies:
        aws.iam.RolePolicyAttachment(
            parent.child(f"reader-{reader}-{arn.rpartition('/')[2].lower()}"),
            role=role.name,
            policy_arn=arn,
            opts=parent.child_opts(),
        )
    return role
