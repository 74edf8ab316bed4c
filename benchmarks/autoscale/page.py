"""The simulated weeks as a Markdown table and a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.autoscale.spot import ON_DEMAND_PRICE
from benchmarks.autoscale.week import HOURS, Week

_HEAD: Final = """# A week of the autoscaler, simulated

Written by `python -m benchmarks.autoscale`; do not edit. Seed {seed}: equal runs give equal pages.

**The market and the load are synthetic.** They are made to look like recorded ones (pools that
are calm, tight or dry; 10 % of interruptions without notice; two hours on Tuesday in which every
pool of the region is dry) and every rate is an assumption of `benchmarks/autoscale/spot.py` and
`load.py`. The decisions are not: they are made by `node.autoscale`, the code of the leader, with
its default settings and a minimum of zero. Read the table as a comparison of policies, not as a
bill.

"""

_COLUMNS: Final = (
    "maximum", "dollars", "always on, on demand", "saved", "spot hours", "on-demand hours",
    "interruptions", "tasks", "tasks run again", "task hours lost", "replacements of",
    "fallbacks", "oscillations", "busy ones taken",
)  # fmt: skip

_FOOT: Final = """
- *always on, on demand*: the maximum, all week. *saved* is against it.
- *tasks run again*: tasks that ran on a machine that was taken; the model lets no query fail by it.
  *task hours lost* is the work of theirs that was done twice.
- *replacements of*: replacements begun of machines at risk or on demand, and the rebalance
  recommendations there were. At most four begin in ten minutes.
- *oscillations*: growing, shrinking and growing again within 15 minutes, replacements aside.
- *busy ones taken*: machines that the autoscaler took while they ran a task.

![Workers over the week](week.svg)

The largest fleet over the week, Monday to Sunday: green on spot, orange on demand. The orange on
Tuesday is the shortage: on demand within three minutes, and back on spot after it.
"""


def cells(week: Week) -> list[str]:
    """The figures of one week, as in `_COLUMNS`."""
    always = week.maximum * ON_DEMAND_PRICE * HOURS
    return [
        str(week.maximum),
        f"{week.dollars:.2f}",
        f"{always:.2f}",
        f"{1 - week.dollars / always:.0%}",
        f"{week.spot_hours:.0f}",
        f"{week.on_demand_hours:.0f}",
        str(week.interruptions),
        str(week.tasks),
        f"{week.rerun} ({week.rerun / max(1, week.tasks):.3%})",
        f"{week.lost_seconds / 3600:.2f}",
        f"{week.replacements} of {week.recommendations}",
        str(week.fallbacks),
        str(week.oscillations),
        str(week.busy_terminated),
    ]


def row(week: Week) -> str:
    """A line of the table."""
    return f"| {' | '.join(cells(week))} |"


def table(weeks: Sequence[Week]) -> str:
    """Weeks beside each other."""
    lines = [f"| {' | '.join(_COLUMNS)} |", "|" + "---:|" * len(_COLUMNS), *map(row, weeks)]
    return "\n".join(lines) + "\n"


def markdown(weeks: Sequence[Week], seed: int) -> str:
    """The page."""
    return _HEAD.format(seed=seed) + table(weeks) + _FOOT


_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 960, 300, 48, 28
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def picture(week: Week) -> str:
    """Workers over time as SVG, spot below and on demand above."""
    top = max(1, week.peak)

    def x(hour: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 8) * hour / HOURS

    def y(count: float) -> float:
        return 8 + (_HEIGHT - _BOTTOM - 8) * (1 - count / top)

    def area(low: Sequence[int], high: Sequence[int], colour: str) -> str:
        hours = [hour for hour, _, _ in week.sizes]
        there = [f"{x(h):.1f},{y(c):.1f}" for h, c in zip(hours, high, strict=True)]
        back = [f"{x(h):.1f},{y(c):.1f}" for h, c in zip(hours, low, strict=True)]
        return f'<polygon fill="{colour}" points="{" ".join([*there, *reversed(back)])}"/>'

    spot = [count for _, count, _ in week.sizes]
    both = [count + dear for _, count, dear in week.sizes]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12" role="img" '
        f'aria-label="Workers over a week, at most {week.maximum}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    for share in (0.0, 0.5, 1.0):
        at = y(top * share)
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - 8}" y1="{at:.1f}" y2="{at:.1f}" stroke="#dddddd"/>'
            f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{top * share:.0f}</text>'
        )
    for number, name in enumerate(_DAYS):
        parts.append(f'<text x="{x(number * 24 + 12):.1f}" y="{_HEIGHT - 8}">{name}</text>')
    parts.append(area([0] * len(spot), spot, "#3a9d5d"))
    parts.append(area(spot, both, "#e08a2b"))
    return "\n".join([*parts, "</svg>"]) + "\n"
