"""Size from work: out on a backlog that lasts, in by machines that have long been idle.

No oscillation, for four reasons: growth takes the least demand of some seconds, shrinking takes
the most of some minutes with a tenth on top, only a machine that was idle all that time goes, and
shrinking that had to be undone soon makes the next one wait four times as long.
"""

from __future__ import annotations

import math
from typing import Final

from node.autoscale.draft import Draft
from node.autoscale.model import Worker

HEADROOM: Final = 1.1
"""What stays must carry this much of the highest demand of the cooldown."""

REGRET_WITHIN: Final = 3
"""Growing within so many cooldowns after shrinking means that shrinking was a mistake."""

PATIENCE: Final = 4
"""After a mistake a cooldown lasts so many times longer, ..."""

PATIENCE_LASTS: Final = 43_200.0
"""... for so many seconds: the rest of a working day."""

UNKNOWN_SLOTS: Final = 2
"""Cores of a worker before one was ever seen."""


def wanted_cores(draft: Draft) -> int:
    """Cores that would work off the backlog in the rounds the policy allows."""
    backlog = draft.seen.backlog or 0
    return draft.seen.running + math.ceil(backlog / draft.policy.tasks_per_core)


def cooldown(draft: Draft) -> float:
    """Seconds for which the demand must have been lower before anybody leaves."""
    mistaken = draft.seen.now - draft.memory.regretted_at < PATIENCE_LASTS
    return draft.policy.cooldown_seconds * (PATIENCE if mistaken else 1)


def _note_growth(draft: Draft) -> None:
    memory, now = draft.memory, draft.seen.now
    if now - memory.shrank_at < REGRET_WITHIN * draft.policy.cooldown_seconds:
        memory.regretted_at = now
    memory.grew_at = now


def remember(draft: Draft) -> None:
    """Note the demand, and the size of a worker."""
    memory, now = draft.memory, draft.seen.now
    sizes = sorted(each.cores for each in draft.seen.in_service if each.cores)
    if sizes:
        memory.slots = sizes[len(sizes) // 2]
    if draft.blind:
        return
    cores = wanted_cores(draft)
    memory.demand.append((now, cores))
    # The last entry before the window stays: it tells the demand at the window's beginning.
    limit = now - max(draft.policy.cooldown_seconds * PATIENCE, draft.policy.backlog_seconds)
    while len(memory.demand) > 1 and memory.demand[1][0] <= limit:
        del memory.demand[0]


def over(draft: Draft, seconds: float) -> list[int] | None:
    """Demand in the last `seconds`; None while memory does not reach back so far."""
    since = draft.seen.now - seconds
    demand = draft.memory.demand
    if not demand or demand[0][0] > since:
        return None
    return [cores for at, cores in demand if at >= since]


def workers_for(draft: Draft, cores: float) -> int:
    """Machines that offer so many cores, within the group's bounds."""
    count = math.ceil(cores / (draft.memory.slots or UNKNOWN_SLOTS))
    return min(max(count, draft.floor), draft.seen.group.maximum)


def grow(draft: Draft) -> bool:
    """Ask for more machines when work waits. Whether it did."""
    if draft.desired < draft.floor:
        draft.reasons.append(f"grow from {draft.desired} to {draft.floor}: the minimum now")
        draft.desired = draft.floor
        _note_growth(draft)
        return True
    if draft.blind or not draft.seen.backlog:
        return False
    asleep = draft.desired == 0
    lasting = [wanted_cores(draft)] if asleep else over(draft, draft.policy.backlog_seconds)
    if not lasting:
        return False
    # Those that take no new task count as machines and carry nothing.
    spent = sum(each.cordoned for each in draft.seen.staying)
    target = min(workers_for(draft, min(lasting)) + spent, draft.seen.group.maximum)
    if target <= draft.desired:
        if target == draft.seen.group.maximum:
            draft.reasons.append(f"hold {draft.desired}: tasks wait, and this is the maximum")
        return False
    why = "the first work after none" if asleep else f"for {draft.policy.backlog_seconds} s"
    draft.reasons.append(
        f"grow from {draft.desired} to {target}: {draft.seen.backlog} tasks wait and "
        f"{draft.seen.running} run, {why}"
    )
    draft.desired = target
    _note_growth(draft)
    return True


def shrink(draft: Draft) -> None:
    """Let machines go that have been idle, when what stays carries the demand."""
    seen, policy = draft.seen, draft.policy
    if draft.blind or seen.backlog:
        return
    quiet = cooldown(draft)
    if seen.now - draft.memory.grew_at < quiet:
        return
    recent = over(draft, quiet)
    if recent is None:
        return
    keep = workers_for(draft, max(recent) * HEADROOM)
    _withdraw(draft, keep)
    leavers = sorted(
        (each for each in seen.in_service if draft.idle(each, policy.idle_seconds)),
        key=lambda each: _preference(draft, each),
    )
    for worker in leavers:
        in_service = len(seen.in_service) - len(draft.replace) - len(draft.terminate)
        if min(in_service, draft.desired - len(draft.terminate)) <= keep:
            break
        draft.terminate.append(worker)
        draft.memory.shrank_at = seen.now
        draft.reasons.append(
            f"{worker.instance_id} leaves: idle for {worker.idle_seconds:.0f} s, "
            f"{keep} workers carry the last {quiet:.0f} s"
        )


def _withdraw(draft: Draft, keep: int) -> None:
    """Take back a request that was not filled and is not needed any more."""
    least = max(keep, len(draft.seen.staying))
    if draft.seen.missing > 0 and draft.desired > least and not draft.memory.surged:
        draft.reasons.append(
            f"ask for {least} instead of {draft.desired}: they never came and the work is done"
        )
        draft.desired = least


def _preference(draft: Draft, worker: Worker) -> tuple[bool, bool, bool, float]:
    """First those at risk, then the dear ones, then those in other zones, then the idlest."""
    home = draft.seen.group.places[:1]
    return (
        not worker.at_risk,
        worker.market != "on-demand",
        worker.place in home,
        -worker.idle_seconds,
    )
