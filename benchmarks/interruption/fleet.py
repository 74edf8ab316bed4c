"""The workers as account, master and driver see them together, and the ways to take one."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse.chaos import choose
from lakehouse.outputs import GenerationOutputs
from ops.chaos_driver import Driver
from ops.chaos_interrupt import Interrupter
from ops.context import OpsContext
from ops.machines import Machine, find_machines
from ops.wait import Pending, until


@dataclass(kw_only=True)
class Fleet:
    """One generation's workers."""

    context: OpsContext
    generation: GenerationOutputs
    driver: Driver
    interrupter: Interrupter
    taken: dict[str, float]
    """Instance id -> when it was told, or ended."""

    def machines(self) -> list[Machine]:
        """Every worker of the generation."""
        with self.context.inside():
            found = find_machines(self.context.account, self.context.outputs)
        return [
            each
            for each in found
            if each.role == "worker" and each.generation == self.generation.name
        ]

    def usable(self) -> dict[str, Machine]:
        """Address -> spot worker that is in service, alive for the master, and not yet taken."""
        alive = {host for host, state in self.driver.workers().items() if state == "ALIVE"}
        return {
            each.address: each
            for each in self.machines()
            if each.in_service
            and each.market == "spot"
            and each.address in alive
            and each.instance_id not in self.taken
        }

    def await_usable(self, count: int, *, deadline: float) -> dict[str, Machine]:
        """As `usable`, once there are so many and each has an executor."""

        def enough() -> dict[str, Machine] | Pending:
            found = self.usable()
            running = {hosted for hosted, _ in self.load()}
            ready = {host: each for host, each in found.items() if host in running}
            return ready if len(ready) >= count else Pending(f"{len(ready)}: {sorted(ready)}")

        return until(enough, deadline=deadline, describe=f"{count} workers", interval=1.0)

    def load(self) -> list[tuple[str, int]]:
        """Address and running tasks of every living executor."""
        return [
            (each["hostPort"].rpartition(":")[0], each["activeTasks"])
            for each in self.driver.executors()
            if each.get("isActive", True)
        ]

    def take(self, usable: Mapping[str, Machine], count: int, *, notice: bool) -> Sequence[Machine]:
        """Interrupt the busiest of them."""
        load = dict.fromkeys(usable, 0)
        for host, tasks in self.load():
            if host in load:
                load[host] += tasks
        victims = [usable[host] for host in choose(load, count)]
        self.interrupter.interrupt(victims, notice=notice)
        self.taken.update({each.instance_id: time.time() for each in victims})
        return victims

    def resize(self, workers: int) -> int:
        """Ask the group for so many; returns how many it was asked for before."""
        with self.context.inside():
            group: dict[str, Any] | None = self.context.account.autoscaling.group(
                self.generation.worker_group
            )
            before = int((group or {}).get("DesiredCapacity", 0))
            if before != workers:
                self.context.account.client("autoscaling").set_desired_capacity(
                    AutoScalingGroupName=self.generation.worker_group, DesiredCapacity=workers
                )
        return before
