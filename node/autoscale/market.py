"""Where machines come from: spot in one zone, another zone, on demand, and back to spot."""

from __future__ import annotations

from typing import Final

from node.autoscale.draft import Draft
from node.autoscale.model import Mode

LONGEST_RETURN: Final = 14_400.0
"""Seconds between trials of spot, however many have failed."""


def share(count: int, above_base: int) -> int:
    """The percentage that is `count` of `above_base`, which AWS rounds up."""
    if count <= 0 or above_base <= 0:
        return 0
    percentage = min(100, 100 * count // above_base)
    return percentage + (-(-above_base * percentage // 100) < count)


def step(draft: Draft) -> None:
    """Look at what is missing, and change market or zones when it lasts."""
    memory, now = draft.memory, draft.seen.now
    if draft.seen.missing <= 0:
        memory.unfilled_since = None
    elif memory.unfilled_since is None:
        memory.unfilled_since = now
    waited = 0.0 if memory.unfilled_since is None else now - memory.unfilled_since
    if memory.mode == "spot":
        _spot(draft, waited)
    elif memory.mode == "fallback":
        _fallback(draft)
    else:
        _trying(draft, waited)


def surplus(draft: Draft) -> int:
    """On-demand machines beyond the base, once spot is back."""
    if draft.memory.mode != "spot":
        return 0
    dear = sum(each.market == "on-demand" for each in draft.seen.staying)
    return max(0, dear - min(draft.seen.group.on_demand_base, draft.desired))


def make_room(draft: Draft) -> None:
    """At the maximum, where nothing can be added first: one busy on-demand machine takes no new
    task, so that it is idle some time and a spot machine can have its place. One at a time, and
    somebody else goes on working.
    """
    working = [
        each for each in draft.seen.in_service if not each.cordoned and each not in draft.cordon
    ]
    dear = [each for each in draft.seen.staying if each.market == "on-demand"]
    busy = [each for each in dear if each in working]
    emptied = any(each.cordoned or each in draft.cordon for each in dear)
    leaving = len(draft.terminate) + len(draft.replace)
    left = len(working) - leaving - 1
    if draft.blind or emptied or leaving or not busy or left < max(draft.floor, 1):
        return
    chosen = min(busy, key=lambda each: each.running)
    draft.cordon.append(chosen)
    draft.reasons.append(
        f"{chosen.instance_id} takes no new task: a spot machine is to have its place"
    )


def _enter(draft: Draft, mode: Mode) -> None:
    draft.memory.mode, draft.memory.mode_since = mode, draft.seen.now


def _set_share(draft: Draft, percentage: int) -> None:
    if percentage != draft.seen.group.on_demand_percentage:
        draft.percentage = percentage


def _spot(draft: Draft, waited: float) -> None:
    policy, missing = draft.policy, draft.seen.missing
    if waited >= policy.fallback_seconds:
        _enter(draft, "fallback")
        draft.reasons.append(
            f"on demand for what is missing: {missing} spot machines did not come in {waited:.0f} s"
        )
        _cover(draft)
        return
    if draft.seen.group.on_demand_percentage:
        # Left over from an earlier life of the leader, or changed by hand.
        draft.reasons.append("spot for what comes next: nothing is missing")
        _set_share(draft, 0)
    if waited >= policy.zone_seconds:
        _widen(draft, waited)
    elif missing <= 0:
        _narrow(draft)


def _cover(draft: Draft) -> None:
    """Let on demand fill what spot does not hold, and leave the spot machines there are."""
    spot = sum(each.market == "spot" for each in draft.seen.staying)
    above = draft.desired - draft.seen.group.on_demand_base
    _set_share(draft, share(above - spot, above))


def _fallback(draft: Draft) -> None:
    memory, policy, now = draft.memory, draft.policy, draft.seen.now
    wait = min(policy.return_seconds * 2.0**memory.attempts, LONGEST_RETURN)
    dear = [each for each in draft.seen.staying if each.market == "on-demand"]
    if now - memory.mode_since < wait or draft.seen.missing > 0:
        _cover(draft)
        return
    if len(dear) <= draft.seen.group.on_demand_base:
        _enter(draft, "spot")
        memory.attempts = 0
        draft.reasons.append("spot again: no machine is on demand any more")
        _set_share(draft, 0)
        return
    _try(draft, wait)


def _try(draft: Draft, wait: float) -> None:
    """Ask for one spot machine, beside the others if there is room, else for one of them."""
    memory = draft.memory
    if draft.desired < draft.seen.group.maximum:
        draft.desired += 1
        memory.surged = True
    else:
        idle = [
            each
            for each in draft.seen.in_service
            if each.market == "on-demand" and draft.idle(each, draft.policy.settle_seconds)
        ]
        if not idle:
            make_room(draft)
        if not idle or draft.removable < 1:
            _cover(draft)
            return
        draft.replace.append(idle[0])
    _enter(draft, "trying")
    memory.unfilled_since = None
    memory.spot_before = [each.instance_id for each in draft.seen.staying if each.market == "spot"]
    draft.reasons.append(f"try one spot machine: on demand for {wait:.0f} s")
    _set_share(draft, 0)


def _trying(draft: Draft, waited: float) -> None:
    memory = draft.memory
    came = [
        each.instance_id
        for each in draft.seen.in_service
        if each.market == "spot" and each.instance_id not in memory.spot_before
    ]
    if came:
        _enter(draft, "spot")
        memory.attempts = 0
        draft.reasons.append(f"spot is back: {came[0]} came; on-demand machines go one by one")
        dear = [each for each in draft.seen.staying if each.market == "on-demand"]
        if memory.surged and dear:
            # The machine that came stands in for one of them.
            memory.replacing[dear[0].instance_id] = draft.seen.now
    elif waited >= draft.policy.fallback_seconds:
        _enter(draft, "fallback")
        memory.attempts += 1
        draft.reasons.append(f"on demand again: the spot machine did not come in {waited:.0f} s")
        if memory.surged:
            draft.desired = max(draft.desired - 1, len(draft.seen.staying), draft.floor)
        _cover(draft)
    else:
        return
    memory.surged, memory.spot_before = False, []


def _widen(draft: Draft, waited: float) -> None:
    """Take one zone more. The old one stays, so that nothing in it is terminated."""
    now_in = draft.seen.group.places
    more = [each for each in draft.policy.subnets if each not in now_in]
    if not draft.policy.one_zone or not more:
        return
    draft.places = (*now_in, more[0])
    draft.reasons.append(
        f"launch into {more[0]} too: {draft.seen.missing} machines did not come in {waited:.0f} s"
    )


def _narrow(draft: Draft) -> None:
    """Back to one zone, as soon as no machine is in another."""
    if not draft.policy.one_zone or len(draft.seen.group.places) < 2:
        return
    used = {each.place for each in draft.seen.workers}
    if len(used) > 1 or not used <= set(draft.seen.group.places):
        return
    home = next(iter(used)) if used else draft.seen.group.places[0]
    draft.places = (home,)
    draft.reasons.append(f"launch into {home} only: shuffles between zones cost money")
