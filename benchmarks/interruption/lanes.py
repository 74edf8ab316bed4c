"""Lanes: threads that each keep one session busy and write down what became of every statement."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from benchmarks.interruption import work

CHECKED_EVERY: Final = 4
"""Writes after which a lane adds its table up; every table is compared whole at the end."""

END_SECONDS: Final = 900.0
"""For the last statement of a lane: it may have lost machines twice."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """One statement from its beginning to its end."""

    name: str
    user: str
    started: float
    """Seconds since the epoch."""
    seconds: float
    error: str = ""
    """Why it failed; empty where it did not."""
    wrong: str = ""
    """How its answer differs; empty where it is right."""


class Turn(Protocol):
    """A kind of work that can be done again and again."""

    name: str

    def __call__(self, session: Any) -> str:
        """Do the next piece; says what is wrong with its answer, if anything is."""
        ...


@dataclass(kw_only=True)
class Lane:
    """A thread with a session of its own, which takes its kinds of work in turns."""

    user: str
    session: Any
    turns: Sequence[Turn]
    name: str = ""
    """Of the present statement, or of the last."""
    since: float | None = None
    """When the present statement began; None between two."""
    done: list[Done] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session_id = str(self.session.client._session_id)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask to end after the present statement."""
        self._stop.set()

    def join(self) -> bool:
        """Wait for that end; False when it does not come."""
        self._thread.join(END_SECONDS)
        return not self._thread.is_alive()

    def _run(self) -> None:
        for turn in itertools.cycle(self.turns):
            if self._stop.is_set():
                return
            self.name = turn.name
            self.since = started = time.time()
            error = wrong = ""
            try:
                wrong = turn(self.session)
            # Whatever a client can meet is what is measured here.
            except Exception as problem:
                error = f"{type(problem).__name__}: {problem}"
            self.since = None
            self.done.append(
                Done(
                    name=turn.name,
                    user=self.user,
                    started=started,
                    seconds=time.time() - started,
                    error=error,
                    wrong=wrong,
                )
            )
            if error:
                # A failed write may or may not have been committed: its table counts no more.
                return


class Reading:
    """One query again and again, held to the answer it gave undisturbed."""

    def __init__(self, read: work.Read, at: str, expected: work.Answer) -> None:
        self.name = read.name
        self._read = read
        self._at = at
        self._expected = expected

    def __call__(self, session: Any) -> str:
        found = self._read.ask(session, self._at)
        return "" if found == self._expected else f"{found} instead of {self._expected}"


class Merging:
    """MERGE after MERGE into a table that nobody else writes, added up after each."""

    def __init__(self, at: str, mode: str) -> None:
        self.name = f"MERGE, {mode}"
        self._at = at
        self.mode = mode
        self.steps = 0

    def __call__(self, session: Any) -> str:
        session.sql(work.merge(self._at, self.mode, self.steps))
        self.steps += 1
        if self.steps % CHECKED_EVERY:
            return ""
        rows = session.sql(work.merged(self._at, self.mode)).collect()
        found = tuple(tuple(row) for row in rows)
        expected = work.merged_answer(self.steps)
        return "" if found == expected else f"step {self.steps}: {found} instead of {expected}"


class Appending:
    """Batches into a table that another lane adds to at the same time."""

    def __init__(self, at: str, lane: str) -> None:
        self.name = f"INSERT, {lane} of two"
        self._at = at
        self.lane = lane
        self.batches = 0

    def __call__(self, session: Any) -> str:
        session.sql(work.append(self._at, self.lane, self.batches))
        self.batches += 1
        if self.batches % CHECKED_EVERY:
            return ""
        rows = session.sql(work.appended(self._at)).collect()
        mine = [tuple(row) for row in rows if row[0] == self.lane]
        expected = work.appended_answer({self.lane: self.batches})
        return "" if tuple(mine) == expected else f"{mine} instead of {expected}"
