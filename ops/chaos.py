"""`lakehouse chaos interrupt`: take spot workers, and tell what became of every query."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from lakehouse.chaos import choose, how_many, refuse_production
from lakehouse.errors import PreflightError
from lakehouse.outputs import GenerationOutputs, StackOutputs
from ops import chaos_watch, ssh
from ops.access import Access
from ops.chaos_driver import Driver
from ops.chaos_interrupt import NOTICE_SECONDS, Interrupter, interrupter
from ops.chaos_queries import Queries
from ops.chaos_watch import Query, Retries
from ops.connect import config_directory, write_connection
from ops.context import OpsContext
from ops.machines import Machine, find_machines
from ops.wait import Pending, until

Log = Callable[[str], None]

LOOK_EVERY: Final = 1.0
QUERY_SECONDS: Final = 120.0
"""For a query of somebody, or of ours, to have tasks."""

END_SECONDS: Final = 900.0
"""After the machines' end, for what they ran to come to an end elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the operator asked for."""

    workers: str = "1"
    """A number, or a share as 30%."""
    notice: bool = True
    notice_seconds: float = NOTICE_SECONDS
    during_query: bool = False
    generation: str = ""
    yes_production: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What happened."""

    machines: tuple[Machine, ...]
    how: str
    moment: float
    """Seconds since the epoch."""
    queries: tuple[Query, ...]
    """Those that ran at the moment, oldest first."""
    retries: Mapping[str, int]
    """Operation -> stages that ran again."""
    failures: tuple[str, ...] = ()
    """What clients of our own queries met."""

    @property
    def failed(self) -> bool:
        """Whether somebody noticed."""
        ended_badly = any(each.outcome in ("failed", "running") for each in self.queries)
        return ended_badly or bool(self.failures)


def chosen_generation(outputs: StackOutputs, name: str) -> GenerationOutputs:
    """The one asked for, else the one with most of the endpoint's traffic."""
    if name:
        return outputs.generation(name)
    return max(outputs.generations, key=lambda each: each.weight)


def interrupt(context: OpsContext, access: Access, wish: Wish, log: Log) -> Outcome:
    """Refuse production, choose the busiest workers, take them, and wait for the queries.

    Raises:
        PreflightError: it is production, or there is nobody to take; nothing was touched.
        DeadlineError: no query came into the middle of its work.
    """
    outputs = context.outputs
    refuse_production(outputs.stack, outputs.chaos.production, confirmed=wish.yes_production)
    generation = chosen_generation(outputs, wish.generation)
    acts = interrupter(context, generation, seconds=wish.notice_seconds)
    with context.inside():
        machines = find_machines(context.account, outputs)
    spot = [
        each
        for each in machines
        if each.generation == generation.name
        and each.role == "worker"
        and each.in_service
        and each.market == "spot"
    ]
    count = how_many(wish.workers, len(spot))
    leader = leader_of(machines, generation.name)
    with open_driver(context, access, leader) as driver:
        return _act(context, access, wish, acts, driver, leader, spot, count, log)


def _act(
    context: OpsContext,
    access: Access,
    wish: Wish,
    acts: Interrupter,
    driver: Driver,
    leader: Machine,
    spot: list[Machine],
    count: int,
    log: Log,
) -> Outcome:
    retries = Retries()
    queries: Queries | None = None
    users = context.outputs.endpoint.tokens
    if wish.during_query:
        if not _working(driver, users):
            log("no query runs: starting some")
            queries = Queries(write_connection(context, "", config_directory()))
            queries.start()
        until(
            lambda: _working(driver, users) or Pending("no task of a query is done"),
            deadline=QUERY_SECONDS,
            describe="a query in the middle of its work",
            interval=0.2,
            clock=context.clock,
        )
    load = dict.fromkeys((each.address for each in spot), 0)
    for each in driver.executors():
        host = each["hostPort"].rpartition(":")[0]
        if host in load:
            load[host] += each["activeTasks"]
    victims = tuple(each for host in choose(load, count) for each in spot if each.address == host)
    moment = time.time()
    how = acts.interrupt(victims, notice=wish.notice)
    log(f"{how}: {', '.join(f'{each.instance_id} ({each.address})' for each in victims)}")
    began = moment - END_SECONDS
    hosts = {each.address for each in victims}

    def ended() -> tuple[Query, ...] | Pending:
        retries.look(driver.jobs(), driver.stages())
        with access.shell(leader) as shell:
            found = at(chaos_watch.read(shell, began), moment)
        running = [each for each in found if each.ended is None]
        states = driver.workers()
        there = sorted(host for host in hosts if states.get(host) == "ALIVE")
        if running or there:
            return Pending(f"{len(running)} queries run; still at work: {there or 'nobody'}")
        return found

    ran = until(
        ended,
        deadline=wish.notice_seconds + END_SECONDS,
        describe="the machines to go and what they ran to end",
        interval=LOOK_EVERY,
        clock=context.clock,
    )
    return Outcome(
        machines=victims,
        how=how,
        moment=moment,
        queries=ran,
        retries={each.operation: retries.count(each.operation) for each in ran},
        failures=tuple(queries.failures()) if queries else (),
    )


def at(queries: Mapping[str, Query], moment: float) -> tuple[Query, ...]:
    """Those that ran at a moment, oldest first."""
    found = [
        each
        for each in queries.values()
        if each.started <= moment and (each.ended is None or each.ended >= moment)
    ]
    return tuple(sorted(found, key=lambda each: each.started))


def _working(driver: Driver, users: Collection[str]) -> bool:
    """Whether a query of one of these has tasks done and tasks running."""
    stages = {
        stage["stageId"]
        for stage in driver.stages("active")
        if stage["numActiveTasks"] > 0 and stage["numCompleteTasks"] > 0
    }
    return any(
        chaos_watch.user_of(job) in users and stages & set(job["stageIds"])
        for job in driver.jobs("running")
    )


def leader_of(machines: tuple[Machine, ...], generation: str) -> Machine:
    """The generation's leader.

    Raises:
        PreflightError: it has none.
    """
    for each in machines:
        if each.role == "leader" and each.generation == generation:
            return each
    msg = f"generation {generation} has no leader: see `lakehouse status`"
    raise PreflightError(msg)


@contextmanager
def open_driver(context: OpsContext, access: Access, leader: Machine) -> Iterator[Driver]:
    """The driver on that leader, for the length of a block."""
    with context.inside():
        client = ssh.open_client(
            leader.address, key=access.key, host_keys=access.host_keys.of(leader)
        )
    try:
        yield Driver(client, leader.address)
    finally:
        client.close()


def render(outcome: Outcome) -> str:
    """A table of the queries, and the verdict."""
    names = ", ".join(each.instance_id for each in outcome.machines)
    lines = [f"{len(outcome.machines)} workers taken, {outcome.how}: {names}"]
    if not outcome.queries:
        lines.append("no query ran at that moment")
    else:
        head = f"{'QUERY':36}  {'USER':10} {'KIND':12} {'STARTED':8}  {'TAKEN AT':>8}  "
        lines += ["", f"{head}{'RESULT':10} {'SECONDS':>7}  STAGES AGAIN"]
        for each in outcome.queries:
            started = time.strftime("%H:%M:%S", time.localtime(each.started))
            seconds = "-" if each.seconds is None else f"{each.seconds:.1f}"
            lines.append(
                f"{each.operation:36}  {each.user:10} {each.kind:12} {started:8}  "
                f"{outcome.moment - each.started:7.1f}s  {each.outcome:10} {seconds:>7}  "
                f"{outcome.retries.get(each.operation, 0)}{f'  {each.error}' * bool(each.error)}"
            )
    lines += [f"a client met: {each}" for each in outcome.failures]
    bad = sum(each.outcome in ("failed", "running") for each in outcome.queries)
    verdict = f"{bad} of {len(outcome.queries)} queries failed" if bad else "no query failed"
    return "\n".join([*lines, "", verdict])
