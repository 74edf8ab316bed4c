"""A machine's identity: a role with one inline policy, in an instance profile."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from lakehouse import policies
from lakehouse.names import ROLE_NAME, fit


def profile(
    parent: LakehouseComponent,
    suffix: str,
    policy: pulumi.Output[policies.Document],
    boundary: str | None,
    tags: Mapping[str, str],
) -> pulumi.Output[str]:
    """ARN of a profile whose role holds `policy`."""
    name = fit(parent.child(suffix), ROLE_NAME)
    role = aws.iam.Role(
        name,
        assume_role_policy=policies.as_json(policies.assume_by_ec2()),
        permissions_boundary=boundary,
        tags=tags,
        opts=parent.child_opts(),
    )
    aws.iam.RolePolicy(
        name, role=role.id, policy=policy.apply(policies.as_json), opts=parent.child_opts()
    )
    instance_profile = aws.iam.InstanceProfile(
        name, role=role.name, tags=tags, opts=parent.child_opts()
    )
    return instance_profile.arn
