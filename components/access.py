"""Access: the certificate that clients trust, a token for each user, a role for each writer.

The authority's key stays in a secret that no machine may read.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import pulumi

from components import _certificates, _ingest_role
from components._base import LakehouseComponent
from components._stored_secret import store
from lakehouse.config import AccessConfig
from lakehouse.names import Names
from lakehouse.policies import Account

TOKEN_BYTES: Final = 32


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """Inputs of `Access`."""

    account: Account
    """Where it is."""
    names: Names
    """Of the stack: writers' roles have names that people type."""
    shape: AccessConfig
    """Users, rotations and writers, as the owner describes them."""
    buckets: Mapping[str, str]
    """The stack's table buckets that writers may be let into: as the stack file calls them ->
    name. The first is called nothing."""
    key_arn: pulumi.Input[str]
    """Key of the tables."""
    certificate_names: Sequence[str]
    """DNS names and addresses that clients may use for the endpoint, the chief one first."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child."""


class Access(LakehouseComponent):
    """What the gateway shows and asks for, and who writes past it."""

    ca_certificate: pulumi.Output[str]
    """PEM of the authority that is in force."""
    tls_arn: pulumi.Output[str]
    """Secret with the gateway's certificate and key."""
    token_arns: pulumi.Output[Mapping[str, str]]
    """User name -> secret with that user's token."""
    writers: pulumi.Output[Mapping[str, str]]
    """Writer outside the cluster -> ARN of its role."""

    def __init__(
        self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.tags, opts)
        now = datetime.now(UTC)
        authority = store(
            self,
            "authority",
            _certificates.authority(f"{name} authority", now).to_json(),
            description="Certificate authority of the endpoint; no machine may read it",
            rotation=str(args.shape.authority_rotation),
            recovery_days=args.shape.secret_recovery_days,
            tags=self.tags("authority"),
        )
        names = tuple(args.certificate_names)

        def sign(stored: str) -> str:
            issuer = _certificates.KeyPair.from_json(stored)
            return _certificates.leaf(issuer, names, now).to_json()

        gateway = store(
            self,
            "gateway",
            authority.value.apply(sign),
            description="Certificate and key of the gateway",
            rotation=_both(args.shape.authority_rotation, args.shape.certificate_rotation),
            recovery_days=args.shape.secret_recovery_days,
            tags=self.tags("gateway"),
        )
        tokens = {
            user: store(
                self,
                f"token-{user}",
                secrets.token_urlsafe(TOKEN_BYTES),
                description=f"Token of {user} at the endpoint",
                rotation=str(args.shape.token_rotation),
                recovery_days=args.shape.secret_recovery_days,
                tags=self.tags(f"token-{user}"),
            ).arn
            for user in args.shape.users
        }
        self.ca_certificate = pulumi.Output.unsecret(
            authority.value.apply(lambda text: _certificates.KeyPair.from_json(text).certificate)
        )
        self.tls_arn = gateway.arn
        self.token_arns = pulumi.Output.all(**tokens)
        self.writers = pulumi.Output.all(**self._writers(args)).apply(dict)
        self.publish()

    def _writers(self, args: AccessArgs) -> dict[str, pulumi.Output[str]]:
        key_arn = pulumi.Output.from_input(args.key_arn)
        return {
            writer: _ingest_role.make(
                self,
                writer,
                args.names.ingest_role(writer),
                shape,
                account=args.account,
                buckets=args.buckets,
                key_arn=key_arn,
                boundary=args.shape.permissions_boundary,
            )
            for writer, shape in args.shape.ingest.items()
        }


def _both(authority: int, certificate: int) -> str:
    """A new authority signs a new certificate, whatever that one's own counter says."""
    return f"{authority}-{certificate}"
