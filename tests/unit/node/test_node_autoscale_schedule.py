"""The schedule of a fleet: a minimum that holds in its hours."""

from __future__ import annotations

import calendar

import pytest

from lakehouse.boot import AutoscaleBoot
from node.autoscale import schedule
from node.autoscale.decide import decide
from node.autoscale.model import Group, Memory, Observation
from node.errors import LastingError

MONDAY_NOON = float(calendar.timegm((2026, 11, 23, 12, 0, 0)))


@pytest.mark.parametrize(
    ("entry", "hours_later", "workers"),
    [
        ("mon-fri 07:00-19:00 4", 0, 4),
        ("mon-fri 07:00-19:00 4", 6.99, 4),
        ("mon-fri 07:00-19:00 4", 7, 0),
        ("mon-fri 07:00-19:00 4", 5 * 24, 0),
        ("sat 07:00-19:00 4", 5 * 24, 4),
        ("fri-mon 07:00-19:00 4", 6 * 24, 4),
        ("mon 22:00-06:00 2", 10, 2),
        ("mon 22:00-06:00 2", 17.9, 2),
        ("mon 22:00-06:00 2", 18, 0),
        ("tue 22:00-06:00 2", 13, 0),
    ],
)
def test_a_schedule_holds_in_its_hours(entry: str, hours_later: float, workers: int) -> None:
    assert schedule.minimum([entry], MONDAY_NOON + hours_later * 3600) == workers


def test_a_schedule_brings_workers_without_work() -> None:
    policy = AutoscaleBoot(enabled=True, schedule=("mon-fri 07:00-19:00 4",))
    empty = Group(desired=0, minimum=0, maximum=20)
    noon, memory = decide(Observation(now=MONDAY_NOON, group=empty), policy, Memory())
    assert noon.desired == 4
    midnight, _ = decide(Observation(now=MONDAY_NOON + 12 * 3600, group=empty), policy, memory)
    assert midnight.desired == 0


def test_a_wrong_entry_names_the_right_form() -> None:
    with pytest.raises(LastingError, match="mon-fri 07:00-19:00 4"):
        schedule.minimum(["weekdays 7-19"], MONDAY_NOON)
