"""Update effects: what changing one setting does to a cluster that is serving queries."""

from __future__ import annotations

from enum import StrEnum


class Effect(StrEnum):
    """Ordered from harmless to refused; every setting names exactly one."""

    NONE = "none"
    """Only the program reads it: nothing in the account changes."""
    IN_PLACE = "in place"
    """A resource is updated while queries run."""
    ROLL_WORKERS = "roll workers"
    """Workers are replaced one after the other; queries go on and may be slower."""
    SWAP_LEADER = "swap leader"
    """The leader is replaced: sessions end and clients reconnect."""
    REPLACE = "replace"
    """Something is made anew; what it held, its addresses or its name are gone."""
    REFUSED = "refused"
    """Pulumi refuses, because protected tables would be lost: the stack is destroyed first."""
