"""`python -m benchmarks.autoscale`: simulates weeks of many sizes and writes page and picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from benchmarks.autoscale import page
from benchmarks.autoscale.week import Simulation, Week

SIZES: Final = (1, 5, 20, 50, 200)
SEED: Final = 20_261
DOCS: Final = Path(__file__).parents[2] / "docs" / "autoscaling"


def main() -> int:
    """Simulate and write."""
    weeks: list[Week] = []
    for size in SIZES:
        weeks.append(Simulation(size, SEED).run())
        sys.stderr.write(f"{page.row(weeks[-1])}\n")
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / "simulation.md").write_text(page.markdown(weeks, SEED), encoding="utf-8")
    (DOCS / "week.svg").write_text(page.picture(weeks[-1]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
