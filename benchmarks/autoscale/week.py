"""One simulated week: machines, tasks and money, with `node.autoscale` deciding.

Simplified on purpose: one machine size, tasks of one query all alike, no shuffles. A machine
interrupted with notice finishes or hands over what it can in two minutes; a task that would run
longer, and every task of a machine that goes without notice, runs again.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

from benchmarks.autoscale.load import arrivals
from benchmarks.autoscale.spot import (
    NOTICED,
    ON_DEMAND_PRICE,
    ZONES,
    Market,
    Pool,
)
from lakehouse.boot import AutoscaleBoot
from node.autoscale.decide import decide
from node.autoscale.model import Group, Memory, Observation, Worker

STEP: Final = 15.0
BOOT: Final = 60.0
CORES: Final = 4
HOURS: Final = 168
START: Final = 1_795_392_000.0
NOTICE: Final = 120.0
FLAP: Final = 900.0
"""Growing, shrinking and growing again within this time is one oscillation."""


@dataclass
class Machine:
    """A worker; `ends` are the times at which its tasks are done."""

    name: str
    pool: Pool | None
    zone: str
    ready_at: float
    idle_since: float
    ends: list[tuple[float, float]] = field(default_factory=list)
    """End and length of every running task."""
    at_risk: bool = False
    cordoned: bool = False
    dies_at: float | None = None


@dataclass
class Week:
    """What came out."""

    maximum: int
    dollars: float = 0.0
    spot_hours: float = 0.0
    on_demand_hours: float = 0.0
    tasks: int = 0
    rerun: int = 0
    lost_seconds: float = 0.0
    waited_seconds: float = 0.0
    interruptions: int = 0
    recommendations: int = 0
    replacements: int = 0
    changes: int = 0
    oscillations: int = 0
    busy_terminated: int = 0
    fallbacks: int = 0
    peak: int = 0
    sizes: list[tuple[float, int, int]] = field(default_factory=list)
    """Hour, spot machines, on-demand machines; one entry for ten minutes."""


class Simulation:
    """Steps of `STEP` seconds over a week."""

    def __init__(self, maximum: int, seed: int, market: Market | None = None) -> None:
        """`maximum` workers at most; equal seeds and markets give equal weeks."""
        self._chance = random.Random(seed)  # noqa: S311  equal seeds must give equal weeks
        self._market = market or Market(self._chance, shortage=(34.0, 36.0))
        self._policy = AutoscaleBoot(enabled=True, subnets=ZONES)
        self._memory = Memory()
        self._machines: dict[str, Machine] = {}
        self._queue: deque[tuple[int, float]] = deque()
        self._group = Group(desired=0, minimum=0, maximum=maximum, places=ZONES[:1])
        self._turns: list[tuple[float, bool]] = []
        self._count = 0
        self.week = Week(maximum=maximum)

    def run(self) -> Week:
        """The whole week."""
        for index in range(int(HOURS * 3600 / STEP)):
            now = START + index * STEP
            hour = (now - START) / 3600
            self._market.step(hour, STEP / 3600)
            self._take_back(now)
            self._launch(now)
            self._work(now, hour)
            self._decide(now)
            self._account(index, hour)
        return self.week

    def _take_back(self, now: float) -> None:
        for machine in list(self._machines.values()):
            if machine.pool is None:
                continue
            pool, hours = machine.pool, STEP / 3600
            if machine.dies_at is None and self._market.takes_back(pool, hours):
                noticed = self._chance.random() < NOTICED
                machine.dies_at = now + (NOTICE if noticed else 0)
                self.week.interruptions += 1
                if noticed:
                    # Drained: what would outlive the notice begins again elsewhere at once.
                    self._rerun(machine, now, [e for e in machine.ends if e[0] > machine.dies_at])
            elif not machine.at_risk and self._market.recommends(pool, hours):
                machine.at_risk = True
                self.week.recommendations += 1
            if machine.dies_at is not None and now >= machine.dies_at:
                self._rerun(machine, now, machine.ends)
                del self._machines[machine.name]

    def _rerun(self, machine: Machine, now: float, lost: list[tuple[float, float]]) -> None:
        for end, seconds in lost:
            self.week.rerun += 1
            self.week.lost_seconds += max(0.0, seconds - (end - now))
            self._queue.appendleft((1, seconds))
        machine.ends = [each for each in machine.ends if each not in lost]

    def _launch(self, now: float) -> None:
        while len(self._machines) < self._group.desired:
            dear = sum(machine.pool is None for machine in self._machines.values())
            wanted = -(-self._group.desired * self._group.on_demand_percentage // 100)
            pool = None if dear < wanted else self._market.pick(self._group.places)
            if pool is None and dear >= wanted:
                return
            self._count += 1
            zone = pool.zone if pool else self._group.places[0]
            name = f"i-{self._count}"
            self._machines[name] = Machine(name, pool, zone, now + BOOT, now + BOOT)

    def _work(self, now: float, hour: float) -> None:
        peak = self._group.maximum * CORES
        for each in arrivals(self._chance, hour, STEP / 3600, peak):
            self._queue.append((each.tasks, each.seconds))
            self.week.tasks += each.tasks
        for machine in self._machines.values():
            if machine.ends:
                machine.ends = [each for each in machine.ends if each[0] > now]
                machine.idle_since = now
            if now < machine.ready_at or machine.dies_at is not None or machine.cordoned:
                continue
            while self._queue and len(machine.ends) < CORES:
                count, seconds = self._queue.popleft()
                machine.ends.append((now + seconds, seconds))
                machine.idle_since = now
                if count > 1:
                    self._queue.appendleft((count - 1, seconds))
        self.week.waited_seconds += STEP * bool(self._queue)

    def _decide(self, now: float) -> None:
        before = self._group
        seen = Observation(
            now=now,
            group=before,
            workers=tuple(self._worker(machine, now) for machine in self._machines.values()),
            backlog=sum(count for count, _ in self._queue),
        )
        mode, replaced = self._memory.mode, len(self._memory.replacing)
        decision, self._memory = decide(seen, self._policy, self._memory)
        self.week.fallbacks += (mode, self._memory.mode) == ("spot", "fallback")
        self.week.replacements += max(0, len(self._memory.replacing) - replaced)
        for name in decision.cordon:
            self._machines[name].cordoned = True
        for name in (*decision.terminate, *decision.replace):
            self.week.busy_terminated += bool(self._machines[name].ends)
            del self._machines[name]
        percentage = decision.on_demand_percentage
        self._group = Group(
            desired=decision.desired,
            minimum=before.minimum,
            maximum=before.maximum,
            on_demand_percentage=before.on_demand_percentage if percentage is None else percentage,
            places=decision.places or before.places,
        )
        if decision.desired != before.desired:
            self.week.changes += 1
        # Replacements go up and down by one on purpose: only what follows the load can oscillate.
        if any(each.startswith("grow") for each in decision.reasons):
            self._turn(now, up=True)
        elif any("leaves: idle for" in each for each in decision.reasons):
            self._turn(now, up=False)

    def _worker(self, machine: Machine, now: float) -> Worker:
        phase: Literal["pending", "in service", "leaving"] = "in service"
        if now < machine.ready_at:
            phase = "pending"
        return Worker(
            instance_id=machine.name,
            market="on-demand" if machine.pool is None else "spot",
            place=machine.zone,
            phase=phase,
            cores=0 if phase == "pending" or machine.cordoned else CORES,
            running=len(machine.ends),
            idle_seconds=max(0.0, now - machine.idle_since),
            at_risk=machine.at_risk,
            cordoned=machine.cordoned,
        )

    def _turn(self, now: float, *, up: bool) -> None:
        if self._turns and self._turns[-1][1] == up:
            self._turns[-1] = (now, up)
        else:
            self._turns.append((now, up))
        last = self._turns[-3:]
        if len(last) == 3 and up and last[0][1] and now - last[0][0] <= FLAP:
            self.week.oscillations += 1

    def _account(self, index: int, hour: float) -> None:
        spot = dear = 0
        for machine in self._machines.values():
            if machine.pool is None:
                dear += 1
                self.week.dollars += ON_DEMAND_PRICE * STEP / 3600
            else:
                spot += 1
                self.week.dollars += self._market.price(machine.pool) * STEP / 3600
        self.week.spot_hours += spot * STEP / 3600
        self.week.on_demand_hours += dear * STEP / 3600
        self.week.peak = max(self.week.peak, spot + dear)
        if index % 40 == 0:
            self.week.sizes.append((hour, spot, dear))
