"""Credentials of an instance's role, for the metadata service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from local.account import clock
from local.account.environment import ACCOUNT_ID
from local.account.graft import attached

LIFETIME: Final = 6 * 3600
"""Seconds, as EC2 gives them."""

RENEW_BEFORE: Final = 3600

TERMINATED: Final = "terminated"


@dataclass
class Session:
    """The credentials that an instance has now."""

    document: dict[str, str] = field(default_factory=dict)
    until: float = 0.0


def role_of(instance: Any) -> Any:
    """The role of an instance's profile, or None."""
    profile = instance.iam_instance_profile
    if not profile:
        return None
    backend = iam_backends[ACCOUNT_ID]["aws"]
    roles = backend.get_instance_profile_by_arn(profile["Arn"]).roles
    return roles[0] if roles else None


def for_instance(instance: Any) -> dict[str, str] | None:
    """Credentials, the same until they are near their end; None without a role."""
    session = attached(instance, Session)
    if instance.state == TERMINATED:
        # The profile is off, but the machine runs on for a moment, and what it had still holds.
        return session.document or None
    role = role_of(instance)
    if role is None:
        return None
    stale = clock.now() > session.until - RENEW_BEFORE
    if stale or session.document.get("RoleName") != role.name:
        assumed = sts_backends[ACCOUNT_ID]["aws"].assume_role(
            region_name=instance.region_name,
            role_session_name=instance.id,
            role_arn=role.arn,
            policy="",
            duration=LIFETIME,
            external_id="",
        )
        session.until = clock.now() + LIFETIME
        session.document = {
            "AccessKeyId": assumed.access_key_id,
            "SecretAccessKey": assumed.secret_access_key,
            "Token": assumed.session_token,
            "Expiration": clock.timestamp(session.until),
            "RoleName": role.name,
        }
    return session.document
