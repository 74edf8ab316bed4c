"""A spot market that is a recording: availability of one pool in each of three zones.

Reads the traces of github.com/skypilot-org/spot-traces (collected for "Can't Be Late: Optimizing
Spot Instance Savings under Deadlines", NSDI 2024): JSON with `metadata.gap_seconds` and `data`,
the number of machines that spot gave at each tick. They carry no licence, so they are not here:
name a clone of that repository.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.autoscale.spot import ON_DEMAND_PRICE, SPOT_SHARE, ZONES, Market, Pool


@dataclass(frozen=True, kw_only=True)
class Source:
    """Which traces make a market."""

    name: str
    title: str
    files: tuple[str, str, str]
    """One for each zone."""


SOURCES: Final = (
    Source(
        name="cpu",
        title="r5.16xlarge in us-east-1b, 1c and 1d, from 2023-04-19 for 6.3 days",
        files=(
            "preemption/1-node/aws-04-19-2023/us-east-1b_intel_64.json",
            "preemption/1-node/aws-04-19-2023/us-east-1c_intel_64.json",
            "preemption/1-node/aws-04-19-2023/us-east-1d_intel_64.json",
        ),
    ),
    Source(
        name="scarce",
        title="p3.2xlarge in us-west-2a, 2b and 2c, from 2023-02-15, the first 7 days of 45",
        files=(
            "availability/1-node/aws-02-15-2023/us-west-2a_v100_1.json",
            "availability/1-node/aws-02-15-2023/us-west-2b_v100_1.json",
            "availability/1-node/aws-02-15-2023/us-west-2c_v100_1.json",
        ),
    ),
)


@dataclass(frozen=True)
class Trace:
    """What one pool gave over time; it begins anew where it ends."""

    gap_seconds: float
    given: tuple[int, ...]

    @classmethod
    def read(cls, path: Path) -> Trace:
        """Read one file of the collection."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        return cls(float(raw["metadata"]["gap_seconds"]), tuple(map(int, raw["data"])))

    def at(self, hour: float) -> bool:
        """Whether the pool gave machines then."""
        return self.given[int(hour * 3600 / self.gap_seconds) % len(self.given)] > 0

    @property
    def open_share(self) -> float:
        """The share of time in which it did."""
        return sum(each > 0 for each in self.given) / len(self.given)


class RecordedMarket(Market):
    """Three pools, one a zone. When a pool closes, every machine of it is taken: the hardest
    reading of a record that was made with one machine. Recommendations were not recorded."""

    def __init__(self, chance: random.Random, traces: tuple[Trace, ...]) -> None:
        """`traces` are in the order of the zones."""
        super().__init__(chance)
        self.pools = [Pool(zone) for zone in ZONES]
        self._traces = dict(zip(ZONES, traces, strict=True))
        self._hour = 0.0

    def step(self, hour: float, step_hours: float) -> None:
        """Let time go on."""
        self._hour = hour

    def mood(self, pool: Pool) -> str:
        """Open or closed, in the words of the other market."""
        return "calm" if self._traces[pool.zone].at(self._hour) else "dry"

    def price(self, pool: Pool) -> float:
        """Not recorded: a usual share of on demand."""
        return ON_DEMAND_PRICE * SPOT_SHARE["tight"]

    def takes_back(self, pool: Pool, step_hours: float) -> bool:
        """A closed pool keeps nobody."""
        return self.mood(pool) == "dry"

    def recommends(self, pool: Pool, step_hours: float) -> bool:
        """Never."""
        return False


def market(source: Source, directory: Path, seed: int) -> RecordedMarket:
    """The market of a source, from a clone of the collection."""
    traces = tuple(Trace.read(directory / each) for each in source.files)
    return RecordedMarket(random.Random(seed), traces)  # noqa: S311  equal seeds, equal weeks
