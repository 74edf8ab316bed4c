"""Replacing machines that run: those at risk, and on-demand ones once spot is back.

A recommendation alone changes nothing for the machine it is about. Its replacement comes first;
once that is in service the old machine takes no new task and goes when it has none left. One with
notice is replaced alike and chooses itself when to stop. However many recommendations and notices
come, at most so many replacements begin within a window.
"""

from __future__ import annotations

from node.autoscale.draft import Draft
from node.autoscale.market import make_room, surplus
from node.autoscale.model import Worker


def step(draft: Draft) -> None:
    """End what can end, then begin what the bound allows."""
    _end(draft)
    if draft.blind or draft.memory.mode == "trying":
        return
    _begin(draft)


def _end(draft: Draft) -> None:
    memory, seen = draft.memory, draft.seen
    staying = {each.instance_id: each for each in seen.staying}
    for gone in [each for each in memory.replacing if each not in staying]:
        del memory.replacing[gone]
        if draft.desired > max(len(staying), draft.floor):
            draft.desired -= 1
            draft.reasons.append(f"{gone} went by itself: its replacement was asked for already")
    if seen.missing > 0 or len(seen.in_service) < seen.group.desired:
        return
    for name in list(memory.replacing):
        worker = staying[name]
        if draft.removable >= 1 and draft.idle(worker, draft.policy.settle_seconds):
            draft.terminate.append(worker)
            del memory.replacing[name]
            draft.reasons.append(f"{name} leaves: it is idle and its replacement is in service")
        elif _may_stop(draft, worker):
            draft.cordon.append(worker)
            draft.reasons.append(f"{name} takes no new task: its replacement is in service")


def _may_stop(draft: Draft, worker: Worker) -> bool:
    """Whether enough others work without this one."""
    working = [each for each in draft.seen.in_service if not each.cordoned]
    left = len(working) - len(draft.cordon) - len(draft.terminate) - 1
    replaced = worker.at_risk or worker.market == "on-demand"
    return replaced and not worker.noticed and worker in working and left >= draft.floor


def _begin(draft: Draft) -> None:
    memory, policy, now = draft.memory, draft.policy, draft.seen.now
    memory.replacements = [
        at for at in memory.replacements if now - at < policy.replacement_seconds
    ]
    waiting = _victims(draft)
    for worker, why in waiting:
        if len(memory.replacements) >= policy.replacements:
            draft.reasons.append(
                f"{len(waiting)} stay that could be replaced: {policy.replacements} replacements "
                f"in {policy.replacement_seconds} s is the bound"
            )
            return
        if draft.desired < draft.seen.group.maximum:
            draft.desired += 1
            memory.replacing[worker.instance_id] = now
        elif draft.removable >= 1 and draft.idle(worker, policy.settle_seconds):
            draft.replace.append(worker)
        else:
            # At the maximum nothing can be added first; it goes when it is idle.
            if not worker.at_risk:
                make_room(draft)
            continue
        memory.replacements.append(now)
        draft.reasons.append(f"replace {worker.instance_id}: {why}")
        waiting = waiting[1:]


def _victims(draft: Draft) -> list[tuple[Worker, str]]:
    taken = {each.instance_id for each in (*draft.terminate, *draft.replace)}
    free = [
        each
        for each in draft.seen.in_service
        if each.instance_id not in draft.memory.replacing and each.instance_id not in taken
    ]
    at_risk = [(each, "at risk") for each in free if each.at_risk]
    dear = sorted(
        ((each, "spot is back") for each in free if each.market == "on-demand"),
        key=lambda each: not draft.idle(each[0], draft.policy.settle_seconds),
    )
    begun = sum(
        each.instance_id in draft.memory.replacing
        for each in draft.seen.staying
        if each.market == "on-demand"
    )
    return at_risk + dear[: max(0, surplus(draft) - begun)]
