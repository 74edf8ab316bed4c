"""A decision while it is being made: each part of the policy adds to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from lakehouse.boot import AutoscaleBoot
from node.autoscale import schedule
from node.autoscale.model import Decision, Memory, Observation, Worker


@dataclass(kw_only=True)
class Draft:
    """What is seen and known, and what is wanted so far."""

    seen: Observation
    policy: AutoscaleBoot
    memory: Memory
    desired: int
    """Without the machines in `terminate` taken off."""
    terminate: list[Worker] = field(default_factory=list)
    replace: list[Worker] = field(default_factory=list)
    cordon: list[Worker] = field(default_factory=list)
    percentage: int | None = None
    places: tuple[str, ...] | None = None
    reasons: list[str] = field(default_factory=list)

    @property
    def blind(self) -> bool:
        """Whether Spark's driver is silent: then nobody is known to be idle."""
        return self.seen.backlog is None

    @property
    def floor(self) -> int:
        """Fewest workers at this time."""
        group = self.seen.group
        planned = schedule.minimum(self.policy.schedule, self.seen.now)
        return min(max(group.minimum, planned), group.maximum)

    @property
    def removable(self) -> int:
        """How many more machines may leave without going below the floor."""
        in_service = len(self.seen.in_service) - len(self.replace)
        return min(in_service, self.desired) - len(self.terminate) - self.floor

    def idle(self, worker: Worker, seconds: float) -> bool:
        """Whether a worker has had nothing to do for so long and is not leaving already."""
        chosen = {each.instance_id for each in (*self.terminate, *self.replace)}
        return (
            not self.blind
            and worker.phase == "in service"
            and worker.running == 0
            and worker.idle_seconds >= seconds
            and worker.instance_id not in chosen
        )

    def finish(self) -> Decision:
        """The decision, if nothing more is added."""
        return Decision(
            desired=self.desired - len(self.terminate),
            terminate=tuple(each.instance_id for each in self.terminate),
            replace=tuple(each.instance_id for each in self.replace),
            cordon=tuple(each.instance_id for each in self.cordon),
            on_demand_percentage=self.percentage,
            places=self.places,
            reasons=tuple(self.reasons),
        )
