"""S3: bucket policies whose conditions the emulator cannot judge do not lock it out."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket

from local.account.graft import Grafts

grafts = Grafts()


@grafts.replaces(FakeBucket)
def get_permission(self: Any, action: str, resource: str) -> Any:
    """What the bucket policy says, without its conditional statements.

    moto reads a statement as if it had no Condition, so that "deny without TLS" would deny
    everything; the emulator speaks plain HTTP.
    """
    if self.policy is None:
        return PermissionResult.NEUTRAL
    document = json.loads(self.policy)
    statements = document.get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    judged = [each for each in statements if not each.get("Condition")]
    if not judged:
        return PermissionResult.NEUTRAL
    policy = IAMPolicy(json.dumps({**document, "Statement": judged}))
    return policy.is_action_permitted(action, resource)


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
