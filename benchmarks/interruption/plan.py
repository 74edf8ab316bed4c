"""Which machines are taken, how, and in which phase of a query: pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ops.chaos_watch import session_of

Phase = Literal["map", "reduce", "write", "commit"]


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One act: so many machines at once, in a phase of some query that runs on them."""

    machines: int
    notice: bool
    phase: Phase

    @property
    def name(self) -> str:
        """For the report."""
        how = "notice" if self.notice else "no notice"
        return f"{how}, {'two at once, ' if self.machines > 1 else ''}during {self.phase}"


MIX: Final = (
    Strike(machines=1, notice=True, phase="map"),
    Strike(machines=1, notice=False, phase="reduce"),
    Strike(machines=1, notice=True, phase="write"),
    Strike(machines=1, notice=False, phase="commit"),
    Strike(machines=2, notice=True, phase="reduce"),
    Strike(machines=1, notice=False, phase="map"),
    Strike(machines=1, notice=False, phase="write"),
    Strike(machines=2, notice=False, phase="write"),
    Strike(machines=1, notice=True, phase="commit"),
    Strike(machines=1, notice=True, phase="reduce"),
    Strike(machines=2, notice=False, phase="map"),
)
"""Every way in every phase; begun anew when it is through."""


def strikes(interruptions: int) -> list[Strike]:
    """So many machines taken altogether; the last act takes one where two are too many."""
    found: list[Strike] = []
    left = interruptions
    while left > 0:
        strike = MIX[len(found) % len(MIX)]
        if strike.machines > left:
            strike = Strike(machines=left, notice=strike.notice, phase=strike.phase)
        found.append(strike)
        left -= strike.machines
    return found


SHORTEST: Final[Sequence[Phase]] = ("commit", "write", "reduce", "map")
"""The phase that passes soonest first."""


def choose(
    planned: Sequence[Strike], present: Container[Phase], usable: int, fleet: int
) -> Strike | None:
    """Which of the next acts can be done now; of several the one whose phase passes soonest.

    `usable` of `fleet` workers could be taken. One stays, unless there is one altogether.
    """
    fitting = [
        each
        for each in planned[: len(MIX)]
        if each.phase in present and usable >= min(fleet, each.machines + 1)
    ]
    return min(fitting, key=lambda each: SHORTEST.index(each.phase), default=None)


@dataclass(frozen=True, kw_only=True)
class Activity:
    """What is done for one session right now."""

    session: str
    phase: Phase
    stage: int


class Phases:
    """Tells the phases of statements from what the driver says, look after look.

    map: tasks leave shuffle files. reduce: tasks read them and leave none. write: tasks put rows
    into files of a table. commit: all of them are written and the statement has not come back.
    The first three count once a task of the stage is done: before, nobody could lose anything.
    """

    def __init__(self) -> None:
        self._wrote: dict[str, float] = {}

    def look(
        self,
        jobs: Iterable[Mapping[str, Any]],
        stages: Iterable[Mapping[str, Any]],
        begun: Mapping[str, float],
    ) -> list[Activity]:
        """`jobs` that run, `stages` that are active, and when the statement that each session
        waits for began."""
        sessions = {stage: session_of(job) for job in jobs for stage in job["stageIds"]}
        found = []
        for stage in stages:
            session = sessions.get(stage["stageId"], "")
            phase = phase_of(stage)
            if session not in begun or phase is None:
                continue
            if phase == "write":
                self._wrote[session] = begun[session]
            if stage["numActiveTasks"] > 0:
                found.append(Activity(session=session, phase=phase, stage=stage["stageId"]))
        busy = set(sessions.values())
        found += [
            Activity(session=session, phase="commit", stage=-1)
            for session, at in self._wrote.items()
            if session not in busy and begun.get(session) == at
        ]
        return found


def phase_of(stage: Mapping[str, Any]) -> Phase | None:
    """By what the finished tasks of a stage did; None before one has finished."""
    if stage["outputBytes"] > 0:
        return "write"
    if stage["shuffleWriteBytes"] > 0:
        return "map"
    return "reduce" if stage["shuffleReadBytes"] > 0 else None
