"""Access: the certificate that clients trust, and a token for each user.

The authority's key stays in a secret that no machine may read.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import pulumi

from components import _certificates
from components._base import LakehouseComponent
from components._stored_secret import store
from lakehouse.config import AccessConfig

TOKEN_BYTES: Final = 32


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """Inputs of `Access`."""

    shape: AccessConfig
    """Users and rotations, as the owner describes them."""
    certificate_names: Sequence[str]
    """DNS names and addresses that clients may use for the endpoint, the chief one first."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child."""


class Access(LakehouseComponent):
    """What the gateway shows, and what it asks for."""

    ca_certificate: pulumi.Output[str]
    """PEM of the authority that is in force."""
    tls_arn: pulumi.Output[str]
    """Secret with the gateway's certificate and key."""
    token_arns: pulumi.Output[Mapping[str, str]]
    """User name -> secret with that user's token."""

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
        self.publish()


def _both(authority: int, certificate: int) -> str:
    """A new authority signs a new certificate, whatever that one's own counter says."""
    return f"{authority}-{certificate}"
