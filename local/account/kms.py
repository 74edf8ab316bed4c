"""KMS: the rotation period is read back as it was given."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from moto.kms.responses import KmsResponse

from local.account.graft import Grafts, attached

grafts = Grafts()


@dataclass
class Rotation:
    """How often a key is rotated."""

    days: int = 365


def _rotation(response: Any) -> Rotation:
    backend = response.kms_backend
    return attached(backend.keys[backend.get_key_id(response._get_param("KeyId"))], Rotation)


@grafts.replaces(KmsResponse)
def enable_key_rotation(self: Any) -> str:
    """EnableKeyRotation."""
    result: str = grafts.original(KmsResponse, "enable_key_rotation")(self)
    _rotation(self).days = int(self._get_param("RotationPeriodInDays") or 365)
    return result


@grafts.replaces(KmsResponse)
def get_key_rotation_status(self: Any) -> str:
    """GetKeyRotationStatus."""
    status = json.loads(grafts.original(KmsResponse, "get_key_rotation_status")(self))
    if status["KeyRotationEnabled"]:
        status["RotationPeriodInDays"] = _rotation(self).days
    return json.dumps(status)


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
