"""The simulated week on a recorded market: it follows the record, at its worst reading."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.autoscale import recorded, recorded_page
from benchmarks.autoscale.recorded import Source, Trace
from benchmarks.autoscale.week import Simulation

SOURCE = Source(name="made-up", title="a record made up", files=("a.json", "b.json", "c.json"))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Zone a closes every other hour, b one hour in four, c is never open."""
    for name, data in (("a", [1, 0]), ("b", [1, 1, 1, 0]), ("c", [0])):
        document = {"metadata": {"gap_seconds": 3600}, "data": data}
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    return tmp_path


def test_a_trace_is_read_by_its_clock_and_begins_anew() -> None:
    trace = Trace(1800.0, (1, 0, 2))
    assert [trace.at(hour) for hour in (0, 0.4, 0.5, 1.0, 1.5)] == [True, True, False, True, True]
    assert trace.open_share == pytest.approx(2 / 3)


def test_a_pool_that_closes_takes_every_machine_and_gives_none(clone: Path) -> None:
    market = recorded.market(SOURCE, clone, seed=1)
    here = market.pools[0]
    market.step(0.5, 0.01)
    assert market.pick(("a",)) is here
    assert not market.takes_back(here, 0.01)
    market.step(1.5, 0.01)
    assert market.pick(("a",)) is None
    assert market.takes_back(here, 0.01)
    assert market.pick(("a", "b")) is market.pools[1]


def test_a_week_on_a_record_keeps_its_promises(clone: Path) -> None:
    week = Simulation(2, 7, recorded.market(SOURCE, clone, seed=7)).run()
    assert week.interruptions > 0
    assert week.busy_terminated == 0
    assert week.tasks > 0
    text = recorded_page.markdown({"made-up": (SOURCE, [0.5, 0.75, 0.0], [week])}, 7)
    assert "50%, 75%, 0%" in text
