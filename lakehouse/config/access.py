"""Settings of access: who gets in, who writes from outside, and what is kept of it."""

from __future__ import annotations

from lakehouse.config._settings import Section, setting
from lakehouse.config.ingest import IngestConfig
from lakehouse.effects import Effect
from lakehouse.types import PolicyArn, Slug, UserName


class AccessConfig(Section):
    """Secrets, roles and logs that outlive a machine."""

    users: tuple[UserName, ...] = setting(
        "Users of the endpoint; each gets a token of its own in Secrets Manager.",
        default=("analyst",),
        effect=Effect.SWAP_LEADER,
        min_length=1,
        max_length=200,
    )
    token_rotation: int = setting(
        "Raise by one to give every user a new token.",
        default=1,
        effect=Effect.SWAP_LEADER,
        ge=1,
    )
    certificate_rotation: int = setting(
        "Raise by one for a new gateway certificate, signed by the same authority.",
        default=1,
        effect=Effect.SWAP_LEADER,
        ge=1,
    )
    authority_rotation: int = setting(
        "Raise by one for a new certificate authority; clients need its certificate.",
        default=1,
        effect=Effect.SWAP_LEADER,
        ge=1,
    )
    secret_recovery_days: int = setting(
        "Days that a deleted secret can be restored: 0 (not at all) or 7 to 30.",
        default=30,
        effect=Effect.IN_PLACE,
        ge=0,
        le=30,
    )
    ssh_key_name: str = setting(
        "EC2 key pair for root on the machines; empty means none.",
        default="",
        effect=Effect.SWAP_LEADER,
        max_length=255,
    )
    ingest: dict[Slug, IngestConfig] = setting(
        "Who writes tables from outside the cluster, by name; each gets a role.",
        factory=dict,
        effect=Effect.IN_PLACE,
    )
    permissions_boundary: PolicyArn | None = setting(
        "ARN of the permissions boundary of every role that is made: of machines, readers, writers "
        "and services.",
        default=None,
        effect=Effect.IN_PLACE,
    )
    log_retention_days: int = setting(
        "Days that logs are kept, in a length that CloudWatch Logs offers.",
        default=30,
        effect=Effect.IN_PLACE,
    )
