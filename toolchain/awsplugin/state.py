"""Terraform's own state of a resource, carried in one output that Pulumi's tools do not show."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lakehouse.errors import ContractError
from toolchain.awsplugin.model import Binding

PROPERTY: Final = "__tf"
# The key that Terraform's SDK keeps a resource's timeouts under, in its private data.
_TIMEOUTS: Final = "e2bfb730-ecaa-11e6-8f88-34363bc7c4c0"
_NANOSECONDS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Saved:
    """What an output holds: the state in Terraform's JSON, and the provider's private bytes."""

    state: dict[str, Any]
    private: bytes
    version: int

    def text(self) -> str:
        """The output's value."""
        private = base64.b64encode(self.private).decode()
        doc = {"state": self.state, "private": private, "version": self.version}
        return json.dumps(doc, separators=(",", ":"), sort_keys=True)


def saved(binding: Binding, properties: Mapping[str, Any]) -> Saved | None:
    """The saved state among a resource's outputs, None for one that was never ours."""
    text = properties.get(PROPERTY)
    if text is None:
        return None
    try:
        doc = json.loads(text)
        return Saved(doc["state"], base64.b64decode(doc["private"]), doc["version"])
    except (ValueError, KeyError, TypeError) as error:
        msg = (
            f"{binding.token}: the output {PROPERTY!r} is not a saved Terraform state ({error}); "
            "import the resource again"
        )
        raise ContractError(msg) from error


def with_timeout(private: bytes, action: str, seconds: float) -> bytes:
    """Private data that gives an action this long; unchanged where the resource has no timeouts."""
    if not seconds:
        return private
    try:
        doc = json.loads(private or b"{}")
    except ValueError:
        # Resources of the newer framework keep bytes of their own there.
        return private
    if not isinstance(doc, dict):
        return private
    doc[_TIMEOUTS] = {**doc.get(_TIMEOUTS, {}), action: int(seconds * _NANOSECONDS)}
    return json.dumps(doc).encode()
