"""The autoscaler's decisions, one claim each, on observations made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lakehouse.boot import AutoscaleBoot
from node.autoscale import market
from node.autoscale.decide import decide
from node.autoscale.model import Decision, Group, Memory, Observation, Worker

POLICY = AutoscaleBoot(enabled=True, subnets=("a", "b"), cooldown_seconds=300)
START = 1_800_000_000.0


def group(desired: int, **changes: Any) -> Group:
    return Group(**{"desired": desired, "minimum": 0, "maximum": 20, "places": ("a",), **changes})


def worker(name: int, **changes: Any) -> Worker:
    return Worker(**{"instance_id": f"i-{name}", "place": "a", "cores": 4, **changes})


def idle(count: int, **changes: Any) -> tuple[Worker, ...]:
    return tuple(worker(each, idle_seconds=1000.0, **changes) for each in range(count))


def busy(count: int, **changes: Any) -> tuple[Worker, ...]:
    return tuple(worker(each, running=4, **changes) for each in range(count))


class Story:
    """Looks one after the other, with the memory carried along."""

    def __init__(self, policy: AutoscaleBoot = POLICY) -> None:
        self.policy = policy
        self.memory = Memory()
        self.now = START

    def look(self, group: Group, workers: tuple[Worker, ...], backlog: int | None = 0) -> Decision:
        seen = Observation(now=self.now, group=group, workers=workers, backlog=backlog)
        decision, self.memory = decide(seen, self.policy, self.memory)
        return decision

    def wait(
        self,
        seconds: float,
        group: Group,
        workers: tuple[Worker, ...],
        backlog: int | None = 0,
        *,
        step: float = 5.0,
    ) -> Decision:
        """Look again and again while nothing is decided; the first change, or the last look."""
        until = self.now + seconds
        while True:
            decision = self.look(group, workers, backlog)
            if decision.changes(group) or self.now >= until:
                return decision
            self.now += step


@pytest.fixture
def story() -> Story:
    return Story()


def test_an_idle_fleet_without_a_minimum_goes_to_zero(story: Story) -> None:
    decision = story.wait(400, group(3), idle(3))
    assert decision.desired == 0
    assert len(decision.terminate) == 3
    assert story.now - START <= POLICY.cooldown_seconds


def test_the_first_task_after_none_is_answered_at_once(story: Story) -> None:
    decision = story.look(group(0), (), backlog=8)
    assert decision.desired == 2, "8 tasks, 2 a core, 2 cores a worker until one was seen"
    assert "first work after none" in decision.reasons[0]


def test_a_short_backlog_adds_nobody(story: Story) -> None:
    story.look(group(2), busy(2), backlog=100)
    story.now += 5
    assert story.look(group(2), busy(2), backlog=0).desired == 2
    story.now += 5
    assert story.look(group(2), busy(2), backlog=100).desired == 2


def test_a_lasting_backlog_adds_what_it_needs(story: Story) -> None:
    decision = story.wait(60, group(2), busy(2), backlog=32)
    assert decision.desired == 6, "8 cores are busy, 32 tasks want 16 more, a worker has 4"
    assert story.now - START == POLICY.backlog_seconds


def test_no_more_than_the_maximum(story: Story) -> None:
    assert story.wait(60, group(2), busy(2), backlog=9999).desired == 20
    full = story.look(group(20), busy(20), backlog=9999)
    assert (full.desired, full.reasons) == (20, ("hold 20: tasks wait, and this is the maximum",))


def test_only_idle_workers_leave(story: Story) -> None:
    fleet = (*busy(2), worker(7, idle_seconds=301.0), worker(8, idle_seconds=299.0))
    decision = story.wait(400, group(4), fleet)
    assert decision.terminate == ("i-7",)
    assert decision.desired == 3


def test_what_stays_carries_the_highest_demand_of_the_cooldown(story: Story) -> None:
    fleet = (*busy(3), *(worker(each, idle_seconds=900.0) for each in range(10, 13)))
    story.look(group(6), fleet, backlog=0)
    story.now += 300
    decision = story.look(group(6), fleet)
    assert decision.desired == 4, "12 cores and a tenth are four workers of four"


def test_nobody_leaves_soon_after_growing(story: Story) -> None:
    story.look(group(0), (), backlog=8)
    decision = story.wait(290, group(2), idle(2))
    assert not decision.changes(group(2))


def test_letting_go_too_soon_makes_the_next_time_slower(story: Story) -> None:
    assert story.wait(400, group(2), idle(2)).terminate
    story.now += 60
    assert story.look(group(0), (), backlog=16).desired == 2
    again = story.now
    assert story.wait(5000, group(2), idle(2)).terminate
    assert story.now - again == 4 * POLICY.cooldown_seconds


def test_machines_at_risk_and_dear_ones_leave_first(story: Story) -> None:
    story.memory.mode = "fallback"
    story.memory.mode_since = START
    fleet = (
        worker(1, idle_seconds=900.0),
        worker(2, idle_seconds=400.0, market="on-demand"),
        worker(3, idle_seconds=350.0, at_risk=True),
        *busy(1),
    )
    own = group(4, minimum=2, maximum=4)
    decision = story.wait(400, replace(own, on_demand_percentage=25), fleet)
    assert set(decision.terminate) <= {"i-2", "i-3"}


def test_the_minimum_is_kept_and_restored(story: Story) -> None:
    assert not story.wait(900, group(2, minimum=2), idle(2)).terminate
    assert story.look(group(1, minimum=2), idle(1)).desired == 2


def test_a_silent_driver_costs_nobody_his_place(story: Story) -> None:
    decision = story.wait(900, group(3), idle(3), backlog=None)
    assert not decision.changes(group(3))
    assert "driver" in decision.reasons[-1]


def test_what_never_came_and_is_not_needed_is_taken_back(story: Story) -> None:
    story.policy = replace(POLICY, fallback_seconds=9999, zone_seconds=9999)
    decision = story.wait(400, group(5, minimum=1), (worker(1, idle_seconds=9.0),))
    assert decision.desired == 1
    assert not decision.terminate


# Market


def test_spot_that_does_not_come_is_taken_on_demand_in_time(story: Story) -> None:
    story.policy = replace(POLICY, one_zone=False)
    decision = story.wait(600, group(4, minimum=4), busy(2))
    assert story.now - START == POLICY.fallback_seconds < 180
    assert decision.on_demand_percentage == 50, "the two spot machines stay as they are"
    assert story.memory.mode == "fallback"


def test_before_that_another_zone_is_tried(story: Story) -> None:
    decision = story.wait(600, group(4, minimum=4), busy(2))
    assert story.now - START == POLICY.zone_seconds
    assert decision.places == ("a", "b"), "nothing in the old zone is terminated"


def test_one_zone_again_when_no_machine_is_in_the_other(story: Story) -> None:
    both = group(2, minimum=2, places=("a", "b"))
    mixed = (worker(1, running=1), worker(2, running=1, place="b"))
    assert story.wait(60, both, mixed).places is None
    moved = (worker(3, running=1, place="b"), worker(2, running=1, place="b"))
    assert story.wait(60, both, moved).places == ("b",)


def test_spot_is_tried_again_with_one_machine(story: Story) -> None:
    story.memory.mode, story.memory.mode_since = "fallback", START
    fleet = busy(2, market="on-demand")
    own = group(2, minimum=2, on_demand_percentage=100)
    decision = story.wait(4000, own, fleet, step=30)
    assert story.now - START == POLICY.return_seconds
    assert (decision.on_demand_percentage, decision.desired) == (0, 3)
    asked = replace(own, desired=3, on_demand_percentage=0)
    story.now += 60
    came = story.look(asked, (*fleet, worker(9)))
    assert story.memory.mode == "spot"
    assert any("spot is back" in each for each in came.reasons)


def test_a_failed_trial_costs_nobody_and_the_next_waits_longer(story: Story) -> None:
    story.memory.mode, story.memory.mode_since = "fallback", START
    fleet = busy(2, market="on-demand")
    own = group(2, minimum=2, on_demand_percentage=100)
    story.wait(4000, own, fleet, step=30)
    tried = story.now
    back = story.wait(600, replace(own, desired=3, on_demand_percentage=0), fleet)
    assert story.now - tried == POLICY.fallback_seconds
    assert (back.desired, back.on_demand_percentage) == (2, 100)
    failed = story.now
    story.wait(9000, own, fleet, step=30)
    assert story.now - failed >= 2 * POLICY.return_seconds


def test_a_full_busy_fleet_empties_one_machine_to_try_spot(story: Story) -> None:
    story.memory.mode, story.memory.mode_since = "fallback", START
    fleet = busy(3, market="on-demand")
    own = group(3, maximum=3, on_demand_percentage=100)
    decision = story.wait(POLICY.return_seconds, own, fleet, step=30)
    assert (decision.cordon, decision.terminate, decision.replace) == (("i-0",), (), ())
    assert "a spot machine is to have its place" in " ".join(decision.reasons)
    story.now += 30
    emptying = replace(fleet[0], cordoned=True, cores=0)
    later = story.look(own, (emptying, *fleet[1:]))
    assert (later.cordon, later.replace) == ((), ()), "one at a time, and not while a task runs"
    story.now += 30
    empty = replace(emptying, running=0, idle_seconds=31.0)
    done = story.look(own, (empty, *fleet[1:]))
    assert (done.replace, done.desired, done.on_demand_percentage) == (("i-0",), 3, 0)
    assert story.memory.mode == "trying"


def test_the_only_worker_is_not_emptied_to_try_spot(story: Story) -> None:
    story.memory.mode, story.memory.mode_since = "fallback", START
    own = group(1, maximum=1, on_demand_percentage=100)
    decision = story.wait(POLICY.return_seconds, own, busy(1, market="on-demand"), step=30)
    assert decision.cordon == (), "nobody else would do the work meanwhile"
    assert story.memory.mode == "fallback"


def test_once_spot_is_back_a_full_busy_fleet_leaves_on_demand_one_by_one(story: Story) -> None:
    dear = busy(2, market="on-demand")
    own = group(3, maximum=3)
    fleet = (*dear, worker(9, running=4))
    assert story.look(own, fleet).cordon == ("i-0",)
    story.now += 30
    emptying = replace(dear[0], cordoned=True, cores=0)
    assert story.look(own, (emptying, *fleet[1:])).cordon == (), "the next waits for its turn"
    story.now += 30
    empty = replace(emptying, running=0, idle_seconds=31.0)
    assert story.look(own, (empty, *fleet[1:])).replace == ("i-0",)


def test_once_spot_is_back_a_busy_fleet_with_room_gets_the_spot_machine_first(
    story: Story,
) -> None:
    dear = busy(2, market="on-demand")
    asked = story.look(group(2), dear)
    assert (asked.desired, asked.cordon) == (4, ())
    story.now += 60
    came = (*dear, worker(8, running=4), worker(9, running=4))
    assert set(story.look(group(4), came).cordon) == {"i-0", "i-1"}


def test_once_spot_is_back_on_demand_machines_go_one_by_one_when_idle(story: Story) -> None:
    fleet = (worker(1, running=4), *(idle(3, market="on-demand")[2:]))
    decision = story.look(group(2, minimum=2), fleet)
    assert decision.desired == 3, "the replacement comes first"
    story.now += 30
    both = (*fleet, worker(9, idle_seconds=5.0))
    done = story.look(group(3, minimum=2), both)
    assert (done.terminate, done.desired) == (("i-2",), 2)


@pytest.mark.parametrize("above", [1, 2, 3, 7, 40, 100])
def test_the_share_gives_the_count_that_was_meant(above: int) -> None:
    for count in range(above + 1):
        wanted = -(-above * market.share(count, above) // 100)
        assert wanted == count


# Churn


def test_twenty_recommendations_in_ten_minutes_stay_within_the_bound(story: Story) -> None:
    fleet = busy(20)
    own = group(20, maximum=60)
    asked = 0
    for number in range(20):
        fleet = tuple(
            replace(each, at_risk=each.at_risk or index == number)
            for index, each in enumerate(fleet)
        )
        decision = story.look(own, fleet)
        assert not decision.terminate, "all of them are at work"
        asked += max(0, decision.desired - own.desired)
        own = replace(own, desired=decision.desired)
        fleet += tuple(
            worker(100 + len(fleet) + each, running=4) for each in range(own.desired - len(fleet))
        )
        story.now += 30
    assert asked == POLICY.replacements
    assert "is the bound" in decision.reasons[-1]


def test_a_replaced_machine_leaves_when_it_is_idle(story: Story) -> None:
    risky = worker(1, running=2, at_risk=True)
    own = group(2, minimum=2)
    assert story.look(own, (risky, worker(2, running=2))).desired == 3
    grown = replace(own, desired=3)
    fleet = (worker(2, running=2), worker(3, running=2))
    story.now += 60
    assert not story.look(grown, (risky, *fleet)).terminate
    rested = replace(risky, running=0, idle_seconds=31.0)
    decision = story.look(grown, (rested, *fleet))
    assert (decision.terminate, decision.desired) == (("i-1",), 2)


def test_a_recommendation_alone_stops_no_work(story: Story) -> None:
    risky = worker(1, running=4, at_risk=True)
    own = group(2, minimum=2)
    asked = story.look(own, (risky, worker(2, running=4)))
    assert (asked.desired, asked.cordon) == (3, ())
    story.now += 60
    coming = (risky, worker(2, running=4), worker(3, phase="pending", cores=0))
    assert story.look(replace(own, desired=3), coming).cordon == (), "it is still on its way"


def test_once_its_replacement_serves_a_machine_at_risk_takes_no_new_task(story: Story) -> None:
    risky = worker(1, running=4, at_risk=True)
    own = group(2, minimum=2)
    story.look(own, (risky, worker(2, running=4)))
    story.now += 60
    grown = replace(own, desired=3)
    others = (worker(2, running=4), worker(3, running=4))
    decision = story.look(grown, (risky, *others))
    assert (decision.cordon, decision.terminate) == (("i-1",), ())
    assert "takes no new task" in " ".join(decision.reasons)
    spent = replace(risky, cordoned=True, cores=0, running=1)
    later = story.look(grown, (spent, *others))
    assert (later.cordon, later.terminate) == ((), ()), "once is enough, and a task still runs"
    empty = replace(spent, running=0, idle_seconds=31.0)
    assert story.look(grown, (empty, *others)).terminate == ("i-1",)


def test_a_machine_with_notice_works_on_beside_its_replacement(story: Story) -> None:
    noticed = worker(1, running=4, at_risk=True, noticed=True)
    own = group(2, minimum=2)
    assert story.look(own, (noticed, worker(2, running=4))).desired == 3
    story.now += 30
    grown = replace(own, desired=3)
    others = (worker(2, running=4), worker(3, running=4))
    decision = story.look(grown, (noticed, *others))
    assert (decision.cordon, decision.terminate) == ((), ()), "it knows itself when to stop"
    story.now += 60
    assert story.look(grown, others).desired == 2, "its replacement was asked for already"


def test_machines_beyond_the_bound_keep_working(story: Story) -> None:
    story.policy = replace(POLICY, replacements=1)
    risky = tuple(worker(each, running=4, at_risk=True) for each in range(3))
    story.look(group(3), risky)
    story.now += 60
    decision = story.look(group(4), (*risky, worker(9, running=4)))
    assert len(decision.cordon) == 1


def test_one_that_takes_no_new_task_is_no_capacity(story: Story) -> None:
    fleet = (*busy(2), worker(8, cordoned=True, cores=0, running=1))
    decision = story.wait(60, group(3), fleet, backlog=14)
    assert decision.desired == 5, "16 cores are four workers, beside the one that leaves"


def test_one_that_was_taken_first_is_not_replaced_twice(story: Story) -> None:
    own = group(2, minimum=2)
    story.look(own, (worker(1, running=1, at_risk=True), worker(2, running=1)))
    story.now += 60
    grown = replace(own, desired=3)
    assert story.look(grown, (worker(2, running=1), worker(3, running=1))).desired == 2


def test_memory_survives_as_text(story: Story) -> None:
    story.look(group(2), (worker(1, running=1, at_risk=True), worker(2)), backlog=3)
    assert Memory.from_mapping(story.memory.to_mapping()) == story.memory
