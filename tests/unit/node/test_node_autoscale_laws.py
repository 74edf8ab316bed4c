"""What holds for the autoscaler whatever it is shown."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.boot import AutoscaleBoot
from node.autoscale.decide import decide
from node.autoscale.model import Group, Memory, Observation, Worker

pytestmark = pytest.mark.thorough

POLICY = AutoscaleBoot(enabled=True, subnets=("a", "b"))


@st.composite
def workers(draw: st.DrawFn) -> tuple[Worker, ...]:
    count = draw(st.integers(0, 12))
    return tuple(
        Worker(
            instance_id=f"i-{number}",
            market=draw(st.sampled_from(["spot", "on-demand"])),
            place=draw(st.sampled_from(["a", "b"])),
            phase=draw(st.sampled_from(["pending", "in service", "in service", "leaving"])),
            cores=draw(st.sampled_from([0, 2, 4])),
            running=draw(st.integers(0, 4)),
            idle_seconds=draw(st.sampled_from([0.0, 31.0, 299.0, 301.0, 5000.0])),
            at_risk=draw(st.booleans()),
            cordoned=draw(st.booleans()),
        )
        for number in range(count)
    )


@st.composite
def looks(draw: st.DrawFn) -> list[Observation]:
    """Unrelated fleets one after the other: nothing of the account's behaviour is relied on."""
    minimum = draw(st.integers(0, 4))
    maximum = draw(st.integers(max(1, minimum), 14))
    now, found = 1_800_000_000.0, []
    for _ in range(draw(st.integers(1, 8))):
        now += draw(st.sampled_from([1.0, 5.0, 60.0, 400.0, 2000.0]))
        own = Group(
            desired=draw(st.integers(minimum, maximum)),
            minimum=minimum,
            maximum=maximum,
            on_demand_base=draw(st.integers(0, 2)),
            on_demand_percentage=draw(st.sampled_from([0, 50, 100])),
            places=draw(st.sampled_from([("a",), ("b",), ("a", "b")])),
        )
        backlog = draw(st.one_of(st.none(), st.sampled_from([0, 0, 0, 1, 50, 5000])))
        found.append(Observation(now=now, group=own, workers=draw(workers()), backlog=backlog))
    return found


@settings(max_examples=300, deadline=None)
@given(looks())
def test_bounds_busy_workers_and_the_minimum_are_respected(seen: list[Observation]) -> None:
    memory = Memory()
    for each in seen:
        decision, memory = decide(each, POLICY, memory)
        own = each.group
        assert own.minimum <= decision.desired <= own.maximum
        by_name = {worker.instance_id: worker for worker in each.workers}
        chosen = (*decision.terminate, *decision.replace)
        assert len(set(chosen)) == len(chosen)
        for name in chosen:
            assert by_name[name].running == 0, "a busy worker was chosen"
            assert by_name[name].phase == "in service"
        for name in decision.cordon:
            dear = by_name[name].market == "on-demand"
            assert dear or by_name[name].at_risk, "a calm spot machine is never stopped"
            assert dear or name in memory.replacing, "only one whose place another takes stops"
        if decision.cordon:
            working = sum(not worker.cordoned for worker in each.in_service)
            assert working - len(decision.cordon) >= own.minimum
            unreplaced = [name for name in decision.cordon if name not in memory.replacing]
            assert len(unreplaced) <= 1, "without a replacement one at a time"
            assert not unreplaced or working > len(decision.cordon), "and somebody works on"
        if chosen:
            assert each.backlog is not None
            assert len(each.in_service) - len(chosen) >= own.minimum
        # Lowering the number is how a group picks victims itself: never below what there is.
        assert decision.desired + len(decision.terminate) >= min(len(each.staying), own.desired)
        assert decision.reasons, "every decision says why"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.floats(1, 60), st.sets(st.integers(0, 29))), min_size=5, max_size=60),
    st.integers(0, 6),
)
def test_replacements_are_bounded_in_every_window(
    story: list[tuple[float, set[int]]], bound: int
) -> None:
    policy = AutoscaleBoot(enabled=True, replacements=bound, replacement_seconds=600)
    memory, now, began = Memory(), 1_800_000_000.0, []
    own = Group(desired=30, minimum=30, maximum=100)
    for pause, risky in story:
        now += pause
        fleet = tuple(
            Worker(instance_id=f"i-{number}", cores=4, running=4, at_risk=number in risky)
            for number in range(30)
        )
        seen = Observation(now=now, group=own, workers=fleet)
        before = set(memory.replacing)
        _, memory = decide(seen, policy, memory)
        began += [now] * len(set(memory.replacing) - before)
        assert sum(now - at < 600 for at in began) <= bound


def constant_load(seed: int, mean: int, noise: float, hours: float) -> list[int]:
    """The desired size over time, on a group that gives what is asked, under a noisy load."""
    chance = random.Random(seed)  # noqa: S311  not for secrets
    memory, now = Memory(), 1_800_000_000.0
    own, sizes = Group(desired=0, minimum=0, maximum=100), []
    idle_since: dict[str, float] = {}
    names: list[str] = []
    for _ in range(int(hours * 720)):
        now += 5.0
        load = round(mean * (1 + chance.uniform(-noise, noise)))
        left, fleet = load, []
        for name in names:
            running = min(4, left)
            left -= running
            if running:
                idle_since[name] = now
            quiet = now - idle_since.setdefault(name, now)
            fleet.append(Worker(instance_id=name, cores=4, running=running, idle_seconds=quiet))
        seen = Observation(now=now, group=own, workers=tuple(fleet), backlog=left)
        decision, memory = decide(seen, POLICY, memory)
        names = [each for each in names if each not in decision.terminate]
        names += [f"i-{now:.0f}-{each}" for each in range(decision.desired - len(names))]
        own = Group(desired=decision.desired, minimum=0, maximum=100)
        sizes.append(decision.desired)
    return sizes


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("mean", [3, 40, 150])
def test_a_noisy_constant_load_makes_no_oscillation(mean: int, noise: float) -> None:
    sizes = constant_load(seed=mean, mean=mean, noise=noise, hours=3)
    settled = sizes[360:]
    steps = [b - a for a, b in pairwise(settled) if a != b]
    turns = sum((a > 0) != (b > 0) for a, b in pairwise(steps))
    assert turns <= 1, f"sizes went {steps} after half an hour"
