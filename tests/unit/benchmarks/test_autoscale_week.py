"""The simulated week: the same every time, and true to what is claimed of the autoscaler."""

from __future__ import annotations

import pytest

from benchmarks.autoscale import page
from benchmarks.autoscale.week import Simulation, Week


@pytest.fixture(scope="module")
def week() -> Week:
    return Simulation(3, seed=7).run()


def test_nobody_at_work_is_taken(week: Week) -> None:
    assert week.busy_terminated == 0


def test_the_fleet_goes_to_zero_and_to_its_maximum(week: Week) -> None:
    sizes = {spot + dear for _, spot, dear in week.sizes}
    assert {0, 3} <= sizes


def test_it_costs_less_than_machines_that_are_always_there(week: Week) -> None:
    assert 0 < week.dollars < 0.3 * 3 * page.ON_DEMAND_PRICE * page.HOURS


def test_the_page_says_that_it_is_synthetic(week: Week) -> None:
    text = page.markdown([week], 7)
    assert "synthetic" in text
    assert page.row(week) in text
    assert page.picture(week).startswith("<svg")
