"""The address plan: arithmetic with named slots, so that no zone ever moves.

A VPC is cut into sixteen equal blocks:

| slots | what |
|---|---|
| 0 to 7 | private subnets, one for each zone by its letter, a to h |
| 8 | public subnets, cut in eight again, one for each zone by its letter: for NAT gateways only |
| 9 to 15 | reserved for what may come |

Of the smallest VPC, a /20, private subnets are a /24 (251 addresses), public ones a /27.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

SLOT_BITS: Final = 4
PUBLIC_BITS: Final = 3
ZONE_LETTERS: Final = "abcdefgh"
PUBLIC_SLOT: Final = len(ZONE_LETTERS)
FIRST_RESERVED_SLOT: Final = PUBLIC_SLOT + 1


@dataclass(frozen=True)
class AddressPlan:
    """The subnets of one VPC, /16 to /20."""

    cidr: str

    def private(self, zone: str) -> str:
        """The private subnet of a zone; it depends on the zone's letter alone."""
        return _block(self.cidr, SLOT_BITS, ZONE_LETTERS.index(zone[-1]))

    def public(self, zone: str) -> str:
        """The public subnet of a zone; it depends on the zone's letter alone."""
        slot = _block(self.cidr, SLOT_BITS, PUBLIC_SLOT)
        return _block(slot, PUBLIC_BITS, ZONE_LETTERS.index(zone[-1]))

    def reserved(self) -> tuple[str, ...]:
        """Blocks that nothing uses yet."""
        slots = range(FIRST_RESERVED_SLOT, 2**SLOT_BITS)
        return tuple(_block(self.cidr, SLOT_BITS, slot) for slot in slots)


def _block(cidr: str, bits: int, number: int) -> str:
    """One of the 2**bits equal parts of a network."""
    network = ipaddress.IPv4Network(cidr)
    prefix = network.prefixlen + bits
    size = 2 ** (network.max_prefixlen - prefix)
    return f"{network.network_address + number * size}/{prefix}"
