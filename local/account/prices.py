"""What a spot instance costs in a pool, as the control API sets it.

A pool is an instance type in a zone. A pool without a price costs `USUAL`, so that pools nobody
priced are taken in the order in which a group names their types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from moto.ec2.models import ec2_backends

from local.account.environment import ACCOUNT_ID
from local.account.graft import attached

USUAL: Final = 0.05
"""Dollars an hour."""


@dataclass
class Prices:
    """Dollars an hour; keys are `type` or `type@zone`, and the more exact one counts."""

    dollars: dict[str, float] = field(default_factory=dict)

    def set(self, changes: dict[str, float | None]) -> None:
        """Set prices; None takes one away."""
        for key, price in changes.items():
            if price is None:
                self.dollars.pop(key, None)
            else:
                self.dollars[key] = float(price)

    def of(self, instance_type: str, zone: str) -> float:
        """The price of one pool."""
        known = self.dollars
        return known.get(f"{instance_type}@{zone}", known.get(instance_type, USUAL))


def prices(region: str) -> Prices:
    """The prices of one region, kept with its EC2."""
    return attached(ec2_backends[ACCOUNT_ID][region], Prices)
