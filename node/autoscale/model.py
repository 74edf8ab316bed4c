"""What the autoscaler sees and what it decides, without a word about how either is done."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

Market = Literal["spot", "on-demand"]
Phase = Literal["pending", "in service", "leaving"]
Mode = Literal["spot", "fallback", "trying"]


@dataclass(frozen=True, kw_only=True)
class Worker:
    """One machine of the group, with what Spark says about it."""

    instance_id: str
    market: Market = "spot"
    place: str = ""
    """Subnet, which is a zone: traffic between two of them costs money."""
    phase: Phase = "in service"
    cores: int = 0
    """Zero while Spark's master does not list it as alive."""
    running: int = 0
    """Tasks running on it now."""
    idle_seconds: float = 0.0
    """Seconds since a task last ran or began on it."""
    at_risk: bool = False
    """Spot recommended to move away from it, or takes it back."""
    noticed: bool = False
    """Spot takes it back. It knows when, and stops by itself as late as it can."""
    cordoned: bool = False
    """Takes no new task: Spark is moving its shuffle files away, or has done so."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """The Auto Scaling group as the account describes it."""

    desired: int
    minimum: int
    maximum: int
    on_demand_base: int = 0
    on_demand_percentage: int = 0
    places: tuple[str, ...] = ()
    """Subnets that it launches into now."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One look at everything."""

    now: float
    """Seconds since the epoch."""
    group: Group
    workers: tuple[Worker, ...] = ()
    backlog: int | None = 0
    """Tasks that wait for a core; None when the driver does not tell."""

    @property
    def staying(self) -> tuple[Worker, ...]:
        """What counts towards the desired number."""
        return tuple(each for each in self.workers if each.phase != "leaving")

    @property
    def in_service(self) -> tuple[Worker, ...]:
        """What works."""
        return tuple(each for each in self.workers if each.phase == "in service")

    @property
    def running(self) -> int:
        """Tasks that run now."""
        return sum(each.running for each in self.workers)

    @property
    def missing(self) -> int:
        """Machines asked for that do not exist yet."""
        return self.group.desired - len(self.staying)


@dataclass(kw_only=True)
class Memory:
    """What is carried from one decision to the next; survives a restart as JSON."""

    demand: list[tuple[float, int]] = field(default_factory=list)
    """Cores wanted at a time, as far back as the cooldown reaches."""
    slots: int = 0
    """Cores of one worker, as last seen."""
    grew_at: float = 0.0
    shrank_at: float = 0.0
    regretted_at: float = 0.0
    """When machines were asked for again soon after others had been let go."""
    unfilled_since: float | None = None
    mode: Mode = "spot"
    mode_since: float = 0.0
    attempts: int = 0
    """Returns to spot that failed in a row."""
    surged: bool = False
    """Whether the trial of spot asked for one machine more."""
    spot_before: list[str] = field(default_factory=list)
    """Spot machines there were when the trial began."""
    replacing: dict[str, float] = field(default_factory=dict)
    """Machine -> when its replacement was asked for."""
    replacements: list[float] = field(default_factory=list)
    """When replacements were asked for, as far back as the bound reaches."""

    def copy(self) -> Memory:
        """One that can be changed; what its lists hold never is."""
        return replace(
            self,
            demand=list(self.demand),
            spot_before=list(self.spot_before),
            replacing=dict(self.replacing),
            replacements=list(self.replacements),
        )

    @classmethod
    def from_mapping(cls, raw: dict[str, Any]) -> Memory:
        """Read what `to_mapping` gave; unknown keys are an error of the caller's file."""
        return cls(**{**raw, "demand": [(at, cores) for at, cores in raw.get("demand", [])]})

    def to_mapping(self) -> dict[str, Any]:
        """For the state file."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to change. Whatever equals the observation is not asked for."""

    desired: int
    """The group's size when everything below is done."""
    terminate: tuple[str, ...] = ()
    """Idle machines to take out; the group becomes smaller by them."""
    replace: tuple[str, ...] = ()
    """Idle machines to take out; the group launches others for them."""
    on_demand_percentage: int | None = None
    """Share of on-demand machines above the base, when it changes."""
    cordon: tuple[str, ...] = ()
    """Machines that shall take no new task: what stands in for them is in service."""
    places: tuple[str, ...] | None = None
    """Subnets to launch into, when they change."""
    reasons: tuple[str, ...] = ()
    """Why, in whole sentences; also why nothing is done."""

    def changes(self, group: Group) -> bool:
        """Whether anything is asked of the account."""
        return bool(
            self.terminate
            or self.replace
            or self.cordon
            or self.on_demand_percentage is not None
            or self.places is not None
            or self.desired != group.desired
        )
