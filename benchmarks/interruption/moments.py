"""When the next machines are taken: in the midst of a phase, and not before work went on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from benchmarks.interruption.fleet import Fleet
from benchmarks.interruption.lanes import Lane
from benchmarks.interruption.plan import Phase, Phases, Strike, choose

PHASE_SECONDS: Final = 150.0
"""For some query to come into a phase that is still to be had."""

PROGRESS_SECONDS: Final = 150.0
"""For some statement to end after machines went."""

_USABLE_EVERY: Final = 5.0
_LOOK_EVERY: Final = 0.05


class Moments:
    """Watches the lanes and the driver."""

    def __init__(self, fleet: Fleet, lanes: Sequence[Lane]) -> None:
        """`lanes` may still be empty."""
        self._fleet = fleet
        self._lanes = lanes
        self._phases = Phases()
        self._done = 0

    def await_progress(self) -> None:
        """Let a statement end since the last time. A fleet that loses machines faster than any
        work is done would only show how often a stage may be repeated.
        """
        end = time.monotonic() + PROGRESS_SECONDS
        while (done := self._count()) <= self._done and time.monotonic() < end:
            time.sleep(_LOOK_EVERY)
        self._done = done

    def _count(self) -> int:
        return sum(len(each.done) for each in self._lanes)

    def await_phase(self, left: Sequence[Strike], workers: int) -> tuple[Strike, Lane | None]:
        """An act that can be done now, and whose statement is in its phase; None: nobody's."""
        end = time.monotonic() + PHASE_SECONDS
        by_session = {each.session_id: each for each in self._lanes}
        usable, asked = 0, 0.0
        while time.monotonic() < end:
            if time.monotonic() - asked >= _USABLE_EVERY:
                usable, asked = len(self._fleet.usable()), time.monotonic()
            begun = {
                each.session_id: since for each in self._lanes if (since := each.since) is not None
            }
            driver = self._fleet.driver
            present: dict[Phase, Lane] = {}
            for activity in self._phases.look(
                driver.jobs("running"), driver.stages("active"), begun
            ):
                lane = by_session[activity.session]
                if lane.since == begun[activity.session]:
                    present[activity.phase] = lane
            if strike := choose(left, present, usable, workers):
                return strike, present[strike.phase]
            time.sleep(_LOOK_EVERY)
        return left[0], None
