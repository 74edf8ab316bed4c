"""What was decided, for people: one JSON line in the journal each, the last twenty in a file."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from node.autoscale.model import Decision, Memory, Observation

LOG: Final = logging.getLogger("node.autoscale")

SCHEMA: Final = 1
KEPT: Final = 20


class Record:
    """The state file: decisions and the memory that survives a restart."""

    def __init__(self, path: Path) -> None:
        """Continues what is at `path`, if something is."""
        self._path = path
        raw = read(path) or {}
        self.decisions: list[dict[str, Any]] = list(raw.get("decisions", []))
        self.memory = _memory(raw.get("memory", {}))
        self._said: tuple[str, ...] = ()

    def write(
        self,
        seen: Observation,
        decision: Decision,
        memory: Memory,
        *,
        spared: tuple[str, ...] = (),
        problem: str = "",
    ) -> None:
        """Keep one decision. Repeated waiting for the same reason is one decision."""
        self.memory = memory
        changed = decision.changes(seen.group)
        said = tuple(each.split(":")[0] for each in decision.reasons)
        if changed or problem or said != self._said:
            entry = line(seen, decision, spared=spared, problem=problem)
            LOG.info("%s", json.dumps(entry, sort_keys=True))
            self.decisions = [*self.decisions, entry][-KEPT:]
        self._said = said
        text = json.dumps(
            {
                "schema": SCHEMA,
                "time": seen.now,
                "mode": memory.mode,
                "desired": decision.desired,
                "minimum": seen.group.minimum,
                "maximum": seen.group.maximum,
                "decisions": self.decisions,
                "memory": memory.to_mapping(),
            },
            sort_keys=True,
        )
        temporary = self._path.with_suffix(".new")
        temporary.write_text(text + "\n", encoding="utf-8")
        os.replace(temporary, self._path)  # noqa: PTH105  the same as every agent's writing


def line(
    seen: Observation, decision: Decision, *, spared: tuple[str, ...] = (), problem: str = ""
) -> dict[str, Any]:
    """One decision with what it was made from."""
    entry: dict[str, Any] = {
        "at": round(seen.now, 1),
        "was": seen.group.desired,
        "desired": decision.desired,
        "in_service": len(seen.in_service),
        "running": seen.running,
        "backlog": seen.backlog,
        "reasons": list(decision.reasons),
    }
    optional: Mapping[str, Any] = {
        "terminate": list(decision.terminate),
        "replace": list(decision.replace),
        "cordon": list(decision.cordon),
        "spared": list(spared),
        "taken": _taken(seen, (*decision.terminate, *decision.replace)),
        "on_demand_percentage": decision.on_demand_percentage,
        "places": None if decision.places is None else list(decision.places),
        "problem": problem,
    }
    return {
        **entry,
        **{key: value for key, value in optional.items() if value not in (None, [], {}, "")},
    }


def _taken(seen: Observation, names: Sequence[str]) -> dict[str, Any]:
    """What those that leave were doing: nothing, or the record shows a fault."""
    return {
        each.instance_id: {"running": each.running, "idle_seconds": round(each.idle_seconds)}
        for each in seen.workers
        if each.instance_id in names
    }


def read(path: Path) -> dict[str, Any] | None:
    """The state file; None where no autoscaler runs or it has not decided yet."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return raw if isinstance(raw, dict) and raw.get("schema") == SCHEMA else None


def status(path: Path) -> dict[str, Any] | None:
    """What the node status shows of it: everything but the memory."""
    raw = read(path)
    return (
        None if raw is None else {key: raw[key] for key in raw if key not in ("memory", "schema")}
    )


def _memory(raw: dict[str, Any]) -> Memory:
    try:
        return Memory.from_mapping(raw)
    except (TypeError, ValueError) as error:
        LOG.warning("memory is of another version and begins anew: %s", error)
        return Memory()
