"""A secret that is made once and read for ever after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent


@dataclass(frozen=True, kw_only=True)
class StoredSecret:
    """Where a secret is, and what is stored there (not what this run would have made)."""

    arn: pulumi.Output[str]
    value: pulumi.Output[str]


def store(
    parent: LakehouseComponent,
    suffix: str,
    value: pulumi.Input[str],
    *,
    description: str,
    rotation: str,
    recovery_days: int,
    tags: Mapping[str, str],
) -> StoredSecret:
    """Keep `value` in Secrets Manager under a name of Pulumi's making.

    Every run makes a new value and the stored one wins: `rotation` is in the version's
    name, so that raising it is what stores a new one.
    """
    secret = aws.secretsmanager.Secret(
        parent.child(suffix),
        description=description,
        recovery_window_in_days=recovery_days,
        tags=tags,
        opts=parent.child_opts(),
    )
    version = aws.secretsmanager.SecretVersion(
        parent.child(f"{suffix}-{rotation}"),
        secret_id=secret.id,
        secret_string=pulumi.Output.secret(value),
        # Owned by the first run: a fresh random value must not replace it.
        opts=parent.child_opts(ignore_changes=["secret_string"]),
    )
    # The id is the ARN; taken from the version, so that whoever has it finds a value.
    return StoredSecret(
        arn=pulumi.Output.unsecret(version.secret_id),
        value=pulumi.Output.secret(version.secret_string.apply(lambda text: text or "")),
    )
