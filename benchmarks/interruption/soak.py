"""The soak: take machines in every way and phase while statements run, then judge everything."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from benchmarks.interruption import machines, work
from benchmarks.interruption.fleet import Fleet
from benchmarks.interruption.lanes import Appending, Done, Lane, Merging, Reading, Turn
from benchmarks.interruption.moments import Moments
from benchmarks.interruption.plan import Strike, strikes
from benchmarks.interruption.record import Soak, Struck, add_up
from benchmarks.interruption.tables import histories
from lakehouse.errors import DeadlineError
from lakehouse.outputs import GenerationOutputs
from ops import chaos_watch
from ops.access import Access
from ops.chaos import leader_of, open_driver
from ops.chaos_driver import DriverError
from ops.chaos_interrupt import interrupter
from ops.connect import config_directory, write_connection
from ops.context import OpsContext
from ops.machines import find_machines
from ops.session import open_session

Log = Callable[[str], None]

WORKERS: Final = 3
FLEET_SECONDS: Final = 600.0
"""For replacements to boot, on a busy machine."""

RETRIES_EVERY: Final = 15.0
APPENDERS: Final = ("first", "second")


class Run:
    """One soak on one generation."""

    def __init__(
        self, context: OpsContext, access: Access, fleet: Fleet, soak: Soak, log: Log
    ) -> None:
        self._context = context
        self._access = access
        self._fleet = fleet
        self._soak = soak
        self._log = log
        self._retries = chaos_watch.Retries()
        self._retries_at = 0.0
        self._began = time.time()
        self._lanes: list[Lane] = []
        self._merging: list[Merging] = []
        self._appending: list[Appending] = []
        self._moments = Moments(fleet, self._lanes)
        self._struck: list[float] = []

    def perform(self, planned: Sequence[Strike], *, until: float) -> None:
        """Everything from the tables' making to the verdict."""
        at = f"{self._context.outputs.catalogs[0].name}.{work.NAMESPACE}"
        quiet = self._session(self._users[0])
        self._fleet.await_usable(self._soak.workers, deadline=FLEET_SECONDS)
        work.prepare(quiet, at)
        expected = {each.name: each.ask(quiet, at) for each in work.READS}
        self._log(f"undisturbed answers of {len(expected)} queries known; lanes begin")
        self._make_lanes(at, expected)
        for lane in self._lanes:
            lane.start()
        try:
            left = list(planned)
            while left:
                if time.time() > until:
                    self._log(f"the time is up: {self._soak.taken} machines were taken")
                    break
                self._strike(len(planned) - len(left) + 1, len(planned), left)
                if broken := [each.name for each in self._failures()]:
                    self._log(f"a statement failed in {broken}: going on to the verdict")
                    break
            self._fleet.await_usable(self._soak.workers, deadline=FLEET_SECONDS)
        except DeadlineError as error:
            self._soak.problems.append(f"the fleet did not recover: {error}")
        finally:
            for lane in self._lanes:
                lane.stop()
        self._judge(quiet, at)

    @property
    def _users(self) -> list[str]:
        return sorted(self._context.outputs.endpoint.tokens)

    def _session(self, user: str) -> Any:
        connection = write_connection(self._context, user, config_directory())
        session = open_session(connection)
        for key, value in work.SETTINGS.items():
            session.conf.set(key, value)
        return session

    def _make_lanes(self, at: str, expected: Mapping[str, work.Answer]) -> None:
        users = self._users

        def add(*turns: Turn) -> None:
            user = users[len(self._lanes) % len(users)]
            self._lanes.append(Lane(user=user, session=self._session(user), turns=turns))

        for chosen in (work.READS[::2], work.READS[1::2]):
            add(*(Reading(read, at, expected[read.name]) for read in chosen))
        for mode in work.MODES:
            self._merging.append(Merging(at, mode))
            add(self._merging[-1])
        for name in APPENDERS:
            self._appending.append(Appending(at, name))
            add(self._appending[-1])

    def _strike(self, number: int, of: int, left: list[Strike]) -> None:
        self._look_at_retries()
        self._fleet.await_usable(min(self._soak.workers, 2), deadline=FLEET_SECONDS)
        self._moments.await_progress()
        began = time.time()
        strike, lane = self._moments.await_phase(left, self._soak.workers)
        left.remove(strike)
        usable = self._fleet.usable()
        since = lane.since if lane else None
        moment = time.time()
        taken = self._fleet.take(usable, min(strike.machines, len(usable)), notice=strike.notice)
        met = lane is not None and since is not None and lane.since == since
        self._struck.append(moment)
        running = tuple(each.name for each in self._lanes if each.since is not None)
        self._soak.strikes.append(
            Struck(
                name=strike.name,
                machines=tuple(each.instance_id for each in taken),
                notice=strike.notice,
                phase=strike.phase,
                met=met,
                running=running,
                at=round(moment - self._began, 1),
                waited=round(moment - began, 2),
            )
        )
        self._log(
            f"{number}/{of}: {strike.name}{'' if met else ' (missed the phase)'}: "
            f"{', '.join(each.instance_id for each in taken)}; {len(running)} statements run, "
            f"{sum(len(each.done) for each in self._lanes)} are done"
        )

    def _look_at_retries(self) -> None:
        if time.monotonic() - self._retries_at >= RETRIES_EVERY:
            self._retries_at = time.monotonic()
            self._retries.look(self._fleet.driver.jobs(), self._fleet.driver.stages())

    def _failures(self) -> list[Done]:
        return [each for lane in self._lanes for each in lane.done if each.error or each.wrong]

    def _judge(self, quiet: Any, at: str) -> None:
        soak = self._soak
        for lane in self._lanes:
            if not lane.join():
                soak.problems.append(f"{lane.name}: its last statement did not come back")
        self._retries_at = 0.0
        self._look_at_retries()
        soak.stages_repeated = self._retries.total
        soak.problems += [
            f"{each.name}: {each.error or each.wrong}"[:2000] for each in self._failures()
        ]
        done = [each for lane in self._lanes for each in lane.done]
        soak.statements = [
            add_up(name, [each for each in done if each.name == name], self._struck)
            for name in dict.fromkeys(each.name for each in done)
        ]
        self._log("all statements have ended; judging the tables")
        self._judge_answers(quiet, at)
        self._judge_history()
        self._judge_record()
        soak.machines, found = machines.judge(
            self._context,
            self._fleet.generation.name,
            {each for struck in soak.strikes if struck.notice for each in struck.machines},
        )
        soak.problems += found
        soak.seconds = round(time.time() - self._began, 1)

    def _judge_answers(self, quiet: Any, at: str) -> None:
        """The tables against what quiet statements make."""
        for each in self._merging:
            if not each.steps:
                continue
            for statement in work.differences(at, each.mode, each.steps):
                count = quiet.sql(statement).collect()[0][0]
                if count:
                    self._soak.problems.append(
                        f"{work.ledger(each.mode)}: {count} rows differ from the same "
                        "statements undisturbed"
                    )
        rows = quiet.sql(work.appended(at)).collect()
        found = tuple(tuple(row) for row in rows)
        expected = work.appended_answer({each.lane: each.batches for each in self._appending})
        if found != expected:
            self._soak.problems.append(f"appended: {found} instead of {expected}")

    def _judge_history(self) -> None:
        tables = [*(work.ledger(each.mode) for each in self._merging), "appended"]
        expected = {
            **{work.ledger(each.mode): (each.steps, each.steps) for each in self._merging},
            "appended": (sum(each.batches for each in self._appending),) * 2,
        }
        for line in histories(self._context, tables):
            self._soak.tables.append(line)
            name = line["table"]
            self._soak.problems += [f"{name}: {each}" for each in line["problems"]]
            if line["snapshots"] != expected[name][0]:
                self._soak.problems.append(
                    f"{name}: {line['snapshots']} snapshots of {expected[name][0]} statements: "
                    "one was committed twice or not at all"
                )

    def _judge_record(self) -> None:
        sessions = {each.session_id for each in self._lanes}
        with self._context.inside():
            found = find_machines(self._context.account, self._context.outputs)
        leader = leader_of(found, self._fleet.generation.name)
        with self._access.shell(leader) as shell:
            queries = chaos_watch.read(shell, self._began - 1)
        ours = [each for each in queries.values() if each.session in sessions]
        self._soak.server = dict(Counter(each.outcome for each in ours))
        self._soak.problems += [
            f"the server records {each.outcome} {each.error} of {each.kind} by {each.user}"
            for each in ours
            if each.outcome not in ("succeeded", "abandoned")
        ]


def run(
    context: OpsContext,
    access: Access,
    generation: GenerationOutputs,
    *,
    interruptions: int,
    workers: int = WORKERS,
    notice_seconds: float,
    minutes: float,
    log: Log,
) -> Soak:
    """Take so many machines, or as many as the time allows; the fleet has its former size
    afterwards.

    Raises:
        LakehouseError: the lakehouse does not answer. What goes wrong in it is in the record.
    """
    soak = Soak(interruptions=interruptions, workers=workers, notice_seconds=notice_seconds)
    with context.inside():
        leader = leader_of(find_machines(context.account, context.outputs), generation.name)
    with open_driver(context, access, leader) as driver:
        fleet = Fleet(
            context=context,
            generation=generation,
            driver=driver,
            interrupter=interrupter(context, generation, seconds=notice_seconds),
            taken={},
        )
        before = fleet.resize(workers)
        try:
            soaking = Run(context, access, fleet, soak, log)
            soaking.perform(strikes(interruptions), until=time.time() + 60 * minutes)
        except DriverError as error:
            soak.problems.append(f"the driver went away: {error}")
        finally:
            fleet.resize(before)
    return soak
