"""The weeks on a recorded market as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks.autoscale import page
from benchmarks.autoscale.recorded import Source
from benchmarks.autoscale.week import Week

_HEAD: Final = """# A week of the autoscaler on a recorded spot market

Written by `python -m benchmarks.autoscale --traces <clone>`; do not edit. Seed {seed}.

Availability is **recorded**: github.com/skypilot-org/spot-traces, collected for "Can't Be Late:
Optimizing Spot Instance Savings under Deadlines" (NSDI 2024). It carries no licence, so it is not
in this repository; a clone of it makes this page again. The load is the synthetic week of the
[other page](simulation.md), the decisions are the leader's own code.

What a record made with one machine cannot tell is taken at its worst: when a pool closes, **every
machine of it is taken**, one in ten without notice; there is **one pool a zone**, where a stack of
ours must name six; prices were not recorded and are 38 % of on demand; neither were rebalance
recommendations, so there are none.

"""


def markdown(runs: Mapping[str, tuple[Source, Sequence[float], Sequence[Week]]], seed: int) -> str:
    """`runs`: name -> source, share of time that each zone's pool was open, weeks."""
    parts = [_HEAD.format(seed=seed)]
    for name, (source, shares, weeks) in runs.items():
        opened = ", ".join(f"{each:.0%}" for each in shares)
        parts.append(
            f"## {source.title}\n\n"
            f"Over the whole record the pools gave machines {opened} of the time.\n\n"
            f"{page.table(weeks)}\n![Workers over the week](recorded-{name}.svg)\n\n"
        )
    parts.append(
        "Columns as on the [other page](simulation.md). The picture is of the largest fleet: green "
        "on spot, orange on demand.\n"
    )
    return "".join(parts)
