"""One decision from one observation: demand first, then market, then replacements."""

from __future__ import annotations

from lakehouse.boot import AutoscaleBoot
from node.autoscale import churn, demand, market
from node.autoscale.draft import Draft
from node.autoscale.model import Decision, Memory, Observation


def decide(seen: Observation, policy: AutoscaleBoot, memory: Memory) -> tuple[Decision, Memory]:
    """What to do now, and what to remember. Changes neither argument.

    Promises: the desired size stays within the group's bounds and the schedule's minimum; only
    machines without a running task are chosen; nothing is chosen while the driver is silent.
    """
    draft = Draft(seen=seen, policy=policy, memory=memory.copy(), desired=seen.group.desired)
    demand.remember(draft)
    grew = demand.grow(draft)
    market.step(draft)
    churn.step(draft)
    if not grew:
        demand.shrink(draft)
    if draft.blind:
        draft.reasons.append("hold: the driver does not tell its tasks, so nobody is known idle")
    if not draft.reasons:
        draft.reasons.append(f"hold {draft.desired}")
    return draft.finish(), draft.memory
