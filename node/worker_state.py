"""What a worker says of itself to its leader: is it staying, at risk, or on its way out?

The leader asks for it at `ports.WORKER_STATE`. It tells nothing that a notice does not.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Phase = Literal["starting", "active", "at risk", "leaving", "draining", "drained"]


@dataclass(frozen=True, kw_only=True)
class WorkerState:
    """One answer."""

    instance_id: str
    state: Phase
    reason: str = ""
    """`spot` or `group`, of one that leaves."""
    deadline: float | None = None
    """Seconds since the epoch at which draining ends, whatever is left."""

    def to_json(self) -> dict[str, Any]:
        """As it is answered."""
        return asdict(self)


def describe(
    instance_id: str,
    *,
    ready: bool,
    at_risk: bool,
    reason: str = "",
    deadline: float | None = None,
    draining: bool = False,
    drained: bool = False,
) -> WorkerState:
    """The state that follows from what the worker's agent knows; a `reason` means it leaves."""
    phase: Phase = "starting"
    if reason:
        phase = "drained" if drained else "draining" if draining else "leaving"
    elif at_risk:
        phase = "at risk"
    elif ready:
        phase = "active"
    return WorkerState(instance_id=instance_id, state=phase, reason=reason, deadline=deadline)
