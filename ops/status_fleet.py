"""Draws what the leader says of its fleet: states, pools, and the last decisions with reasons."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ops.machines import Machine

DECISIONS: Final = 2
"""The latest ones that fit the screen; `--all` shows all that the leader keeps."""

STATES: Final = ("active", "starting", "at risk", "leaving", "draining", "drained", "gone")
_STAYING: Final = ("active", "starting")


def worker_states(node: Mapping[str, Any]) -> dict[str, str]:
    """Instance -> where it is in its life, as far as the leader tells."""
    known = (node.get("fleet") or {}).get("workers") or ()
    return {str(each["instance_id"]): str(each["state"]) for each in known}


def noteworthy(node: Mapping[str, Any]) -> dict[str, str]:
    """Those of them that are not simply at work."""
    return {name: state for name, state in worker_states(node).items() if state not in _STAYING}


def lines(node: Mapping[str, Any], machines: Sequence[Machine], *, every: bool) -> list[str]:
    """The section; empty where a leader tells nothing of its fleet."""
    found = []
    if node.get("autoscaler") or node.get("fleet"):
        found.append(f"fleet     {_fleet(node, machines)}")
    if found and machines:
        found.append(f"pools     {_pools(machines)}")
    decisions = (node.get("autoscaler") or {}).get("decisions") or ()
    kept = list(decisions) if every else list(decisions)[-DECISIONS:]
    return [*found, *(f"decided   {_decision(each)}" for each in reversed(kept))]


def _fleet(node: Mapping[str, Any], machines: Sequence[Machine]) -> str:
    parts = []
    autoscaler = node.get("autoscaler")
    workers = [each for each in machines if each.role == "worker"]
    if autoscaler:
        serving = sum(each.in_service for each in workers)
        parts.append(
            f"desired {autoscaler['desired']} of {autoscaler['minimum']} to "
            f"{autoscaler['maximum']} · actual {serving} · {_MODES[autoscaler['mode']]}"
        )
    else:
        parts.append("fixed size")
    counted = Counter(worker_states(node).values())
    parts += [f"{counted[state]} {state}" for state in STATES if counted[state]]
    problem = ((node.get("fleet") or {}).get("queue") or {}).get("problem")
    if problem:
        parts.append("NOTICES BY THE QUEUE FAIL: see the log of millrace-fleet")
    return " · ".join(parts)


_MODES: Final = {
    "spot": "on spot",
    "fallback": "ON DEMAND: spot is short",
    "trying": "trying spot again",
}


def _pools(machines: Sequence[Machine]) -> str:
    workers = [each for each in machines if each.role == "worker"]
    counted = Counter((each.type, each.zone, each.market) for each in workers)
    shares = [
        f"{kind}@{zone} {market} {count / len(workers):.0%}"
        for (kind, zone, market), count in counted.most_common()
    ]
    return " · ".join(shares) or "no workers"


def _decision(decision: Mapping[str, Any]) -> str:
    at = time.strftime("%H:%M:%S", time.gmtime(float(decision["at"])))
    told = "; ".join(str(each) for each in decision.get("reasons") or ())
    problem = f" (failed: {decision['problem']})" if decision.get("problem") else ""
    return f"{at}  {told}{problem}"
