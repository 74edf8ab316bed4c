"""Where each worker is in its life, from what it says, what EventBridge says, and the master.

Pure: observations go in, states come out. The worse word counts, whichever path it came by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from node.fleet.events import Event

State = Literal["starting", "active", "at risk", "leaving", "draining", "drained", "gone"]
Path = Literal["metadata", "events"]
Risk = Literal["recommendation", "notice"]

ORDER: Final[tuple[State, ...]] = (
    "starting",
    "active",
    "at risk",
    "leaving",
    "draining",
    "drained",
    "gone",
)

SHOWN: Final = 900.0
"""Seconds for which one that is gone is still told of."""

LOST: Final = 15.0
"""Seconds without a word and without the master's knowing it after which a worker is gone."""

HELD: Final = 300.0
"""Seconds for which an event waits for its machine to be known: other machines of the account
get notices too, and those are nobody's here."""

_MEANS: Final[dict[str, State]] = {
    "interruption": "leaving",
    "rebalance": "at risk",
    "launched": "starting",
    "leaving": "leaving",
    "terminated": "gone",
}


@dataclass(kw_only=True)
class Known:
    """One worker."""

    instance_id: str
    address: str = ""
    state: State = "starting"
    since: float = 0.0
    reason: str = ""
    deadline: float | None = None
    heard: dict[str, float] = field(default_factory=dict)
    """`<notice> by <path>` -> when first."""
    seen: float = 0.0
    """When it, or the master, last spoke of it."""
    knows: float = 0.0
    """When it last said itself that it leaves."""
    registered: bool = False
    """Whether the master lists it as alive."""

    def advance(self, state: State, at: float) -> None:
        """Move on; never back, but from a start."""
        if ORDER.index(state) > ORDER.index(self.state):
            self.state, self.since = state, at

    def told(self, notice: str, path: Path, at: float) -> None:
        """Note by which path a notice was heard first, and by which also."""
        self.heard.setdefault(f"{notice} by {path}", at)

    def to_mapping(self) -> dict[str, Any]:
        """For the status."""
        raw = asdict(self)
        del raw["seen"], raw["knows"]
        return raw


class Fleet:
    """All workers of the generation."""

    def __init__(self) -> None:
        self.workers: dict[str, Known] = {}
        self._held: list[Event] = []

    def see(
        self, answers: Mapping[str, Mapping[str, Any]], alive: Sequence[str], now: float
    ) -> None:
        """Take in what workers said (address -> answer) and whom the master lists (addresses)."""
        for address, answer in answers.items():
            name = str(answer["instance_id"])
            worker = self._worker(name, now)
            worker.address, worker.seen = address, now
            state: State = answer["state"]
            worker.advance(state, now)
            if state == "at risk":
                worker.told("rebalance", "metadata", now)
            if answer.get("reason"):
                worker.knows = now
                worker.reason = str(answer["reason"])
                worker.deadline = answer.get("deadline")
                worker.told(worker.reason, "metadata", now)
        for worker in self.workers.values():
            worker.registered = worker.address in alive
            if worker.registered:
                worker.seen = now
                worker.advance("active", now)
            elif worker.address and now - worker.seen > LOST:
                worker.advance("gone", now)
        self._claim(now)
        self._forget(now)

    def hear(self, events: Sequence[Event], now: float) -> None:
        """Take in messages of EventBridge."""
        # Only the group's own events name our machines; a notice alone may be anybody's.
        for event in events:
            if event.kind == "launched":
                self._worker(event.instance_id, now)
        self._held += [event for event in events if event.instance_id]
        self._claim(now)

    def at_risk(self) -> dict[str, Risk]:
        """Machines that work, and that spot recommended to leave or takes back: each is to be
        replaced, and the sooner its replacement works, the less is missed of it.
        """
        found: dict[str, Risk] = {}
        for each in self.workers.values():
            if each.state == "at risk":
                found[each.instance_id] = "recommendation"
            elif each.state == "leaving" and each.reason == "spot":
                found[each.instance_id] = "notice"
        return found

    def unheeded(self, now: float, patience: float) -> list[Known]:
        """Workers that the queue told to be interrupted, and that take work as ever.

        One that says itself that it leaves chooses when to stop: it knows what it holds.
        """
        return [
            worker
            for worker in self.workers.values()
            if worker.registered
            and now - worker.heard.get("interruption by events", now) >= patience
            and now - worker.knows >= patience
        ]

    def _worker(self, name: str, now: float) -> Known:
        return self.workers.setdefault(name, Known(instance_id=name, since=now, seen=now))

    def _claim(self, now: float) -> None:
        waiting = []
        for event in self._held:
            worker = self.workers.get(event.instance_id)
            if worker is None:
                if now - event.at < HELD:
                    waiting.append(event)
                continue
            worker.advance(_MEANS[event.kind], now)
            if event.kind in ("interruption", "rebalance"):
                worker.told(event.kind, "events", now)
            if event.kind == "interruption":
                worker.reason = worker.reason or "spot"
            elif event.kind == "leaving":
                worker.reason = worker.reason or "group"
        self._held = waiting

    def _forget(self, now: float) -> None:
        for worker in list(self.workers.values()):
            gone = worker.state == "gone" and now - worker.since > SHOWN
            never_came = not worker.address and now - worker.seen > SHOWN
            if gone or never_came:
                del self.workers[worker.instance_id]
