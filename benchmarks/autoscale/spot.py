"""A synthetic spot market: it looks like recorded ones and is not a recording.

Each pool is calm, tight or dry and changes by chance, at rates chosen so that a pool is dry a few
per cent of the time and a calm machine lives for days, a tight one for hours. Every number here
is an assumption, made from a seed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

ON_DEMAND_PRICE: Final = 0.1632
"""Dollars an hour of the one machine size that is simulated (4 cores)."""

SPOT_SHARE: Final = {"calm": 0.30, "tight": 0.38, "dry": 0.45}
"""Spot price as a share of on demand, by a pool's mood."""

LIFE_HOURS: Final = {"calm": 150.0, "tight": 12.0, "dry": 2.0}
"""Mean time to an interruption."""

STAY_HOURS: Final = {"calm": 20.0, "tight": 4.0, "dry": 1.5}
"""Mean time that a pool keeps its mood."""

NOTICED: Final = 0.9
"""Share of interruptions that come with a notice of two minutes."""

REBALANCED_PER_HOUR: Final = {"calm": 0.002, "tight": 0.05, "dry": 0.3}
"""Rebalance recommendations of one machine."""

POOLS_PER_ZONE: Final = 6
ZONES: Final = ("a", "b", "c")

_NEXT: Final = {"calm": ("tight",), "tight": ("calm", "calm", "dry"), "dry": ("tight",)}


@dataclass
class Pool:
    """An instance type in a zone."""

    zone: str
    mood: str = "calm"


@dataclass
class Market:
    """All pools; one day of the week a whole region is short for two hours."""

    chance: random.Random
    pools: list[Pool] = field(default_factory=list)
    shortage: tuple[float, float] = (0.0, 0.0)
    """Hours of the week in which every pool is dry."""
    _drought: bool = False

    def __post_init__(self) -> None:
        self.pools = [Pool(zone) for zone in ZONES for _ in range(POOLS_PER_ZONE)]

    def step(self, hour: float, step_hours: float) -> None:
        """Let moods change."""
        self._drought = self.shortage[0] <= hour < self.shortage[1]
        for pool in self.pools:
            if self.chance.random() < step_hours / STAY_HOURS[pool.mood]:
                pool.mood = self.chance.choice(_NEXT[pool.mood])

    def mood(self, pool: Pool) -> str:
        """A pool's mood, the region's shortage included."""
        return "dry" if self._drought else pool.mood

    def price(self, pool: Pool) -> float:
        """Dollars an hour of a machine in a pool now."""
        return ON_DEMAND_PRICE * SPOT_SHARE[self.mood(pool)]

    def takes_back(self, pool: Pool, step_hours: float) -> bool:
        """Whether one machine of a pool is interrupted in this step."""
        return self.chance.random() < step_hours / LIFE_HOURS[self.mood(pool)]

    def recommends(self, pool: Pool, step_hours: float) -> bool:
        """Whether one machine of a pool is recommended to be left in this step."""
        return self.chance.random() < step_hours * REBALANCED_PER_HOUR[self.mood(pool)]

    def pick(self, zones: tuple[str, ...]) -> Pool | None:
        """Where a spot machine comes from; None when every pool of the zones is dry."""
        for mood in ("calm", "tight"):
            found = [pool for pool in self.pools if pool.zone in zones and self.mood(pool) == mood]
            if found:
                return self.chance.choice(found)
        return None
