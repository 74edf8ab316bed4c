"""`python -m benchmarks.autoscale`: simulates weeks of many sizes and writes page and picture.

With `--traces <clone of github.com/skypilot-org/spot-traces>` the market is a recorded one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.autoscale import page, recorded, recorded_page
from benchmarks.autoscale.spot import Market
from benchmarks.autoscale.week import Simulation, Week

SIZES: Final = (1, 5, 20, 50, 200)
SEED: Final = 20_261
DOCS: Final = Path(__file__).parents[2] / "docs" / "autoscaling"


def weeks(market: Callable[[], Market | None]) -> list[Week]:
    """A week of every size; each has a market of its own."""
    found: list[Week] = []
    for size in SIZES:
        found.append(Simulation(size, SEED, market()).run())
        sys.stderr.write(f"{page.row(found[-1])}\n")
    return found


def synthetic() -> None:
    """The page that anybody can make again."""
    found = weeks(lambda: None)
    (DOCS / "simulation.md").write_text(page.markdown(found, SEED), encoding="utf-8")
    (DOCS / "week.svg").write_text(page.picture(found[-1]), encoding="utf-8")


def on_record(directory: Path) -> None:
    """The page that needs a clone of the traces."""
    runs = {}
    for source in recorded.SOURCES:
        shares = [recorded.Trace.read(directory / each).open_share for each in source.files]

        def market(source: recorded.Source = source) -> Market:
            return recorded.market(source, directory, SEED)

        found = weeks(market)
        runs[source.name] = (source, shares, found)
        picture = page.picture(found[-1])
        (DOCS / f"recorded-{source.name}.svg").write_text(picture, encoding="utf-8")
    (DOCS / "recorded.md").write_text(recorded_page.markdown(runs, SEED), encoding="utf-8")


def main() -> int:
    """Simulate and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.autoscale", description=__doc__)
    parser.add_argument("--traces", type=Path, help="clone of the recorded traces")
    arguments = parser.parse_args()
    DOCS.mkdir(parents=True, exist_ok=True)
    if arguments.traces:
        on_record(arguments.traces)
    else:
        synthetic()
    return 0


if __name__ == "__main__":
    sys.exit(main())
