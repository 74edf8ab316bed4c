"""The address plan: arithmetic with named slots, so that no zone ever moves.

A VPC is cut into sixteen equal blocks. The first eight are the private subnets of the zones
with the letters a to h; the other eight are kept free for what may come.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

SLOT_BITS: Final = 4
ZONE_LETTERS: Final = "abcdefgh"
FIRST_SPARE_SLOT: Final = len(ZONE_LETTERS)


@dataclass(frozen=True)
class AddressPlan:
    """The subnets of one VPC."""

    cidr: str

    def private(self, zone: str) -> str:
        """The private subnet of a zone; it depends on the zone's letter alone."""
        return self._slot(ZONE_LETTERS.index(zone[-1]))

    def spare(self) -> tuple[str, ...]:
        """Blocks that nothing uses yet."""
        return tuple(self._slot(slot) for slot in range(FIRST_SPARE_SLOT, 2**SLOT_BITS))

    def _slot(self, number: int) -> str:
        network = ipaddress.IPv4Network(self.cidr)
        size = 2 ** (network.max_prefixlen - network.prefixlen - SLOT_BITS)
        address = network.network_address + number * size
        return f"{address}/{network.prefixlen + SLOT_BITS}"
