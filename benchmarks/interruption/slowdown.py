"""`python -m benchmarks.interruption.slowdown`: what one notice costs a query full of shuffles.

Pairs of the same query on three workers: undisturbed, then with a notice to one of them as soon
as the first task has read shuffle files. Ratios of pairs, because machines differ and days do.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.interruption import work
from benchmarks.interruption.fleet import Fleet
from lakehouse.chaos import refuse_production
from lakehouse.errors import DeadlineError, LakehouseError, ToolError
from ops.access import Access, open_access
from ops.chaos import chosen_generation, leader_of, open_driver
from ops.chaos_interrupt import NOTICE_SECONDS, interrupter
from ops.chaos_watch import session_of
from ops.connect import config_directory, write_connection
from ops.context import OpsContext, open_context
from ops.machines import find_machines
from ops.redact import Redactor
from ops.session import open_session

Log = Callable[[str], None]

PAIRS: Final = 5
WORKERS: Final = 3
FLEET_SECONDS: Final = 900.0
QUERY_SECONDS: Final = 1800.0
LOOK_SECONDS: Final = 0.25
LIMIT: Final = 1.10
"""What a notice may cost at most, in the median."""

ROWS: Final = 10_000_000

KEYS: Final = {"a": 150_000, "b": 140_009, "c": 130_003}
"""Column -> how many groups the rows have by it."""


def statement(rows: int) -> str:
    """Every row is numbered within its group by one key after the other: as many times it crosses
    the network and is sorted.
    """
    keys = ", ".join(f"id % {groups} AS {key}" for key, groups in KEYS.items())
    inner = f"SELECT {keys}, sha2(cast(id AS string), 256) AS digest FROM range(0, {rows}, 1, 48)"  # noqa: S608
    for key in KEYS:
        number = f"row_number() OVER (PARTITION BY {key} ORDER BY digest) AS by_{key}"
        inner = f"SELECT *, {number} FROM ({inner})"  # noqa: S608
    total = " + ".join(f"by_{key}" for key in KEYS)
    return f"SELECT count(*), sum({total}), sum(pmod(hash(digest), 1000)) FROM ({inner})"  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Seconds of the same query, undisturbed and with a notice to one worker."""

    quiet: float
    disturbed: float
    met: bool
    """Whether the notice came before the query's end."""

    @property
    def ratio(self) -> float:
        """How much longer."""
        return self.disturbed / self.quiet


@dataclass(kw_only=True)
class Slowdown:
    """All pairs."""

    workers: int
    rows: int
    notice_seconds: float
    pairs: list[Pair] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Of the ratios."""
        return statistics.median(each.ratio for each in self.pairs)

    def to_json(self) -> str:
        """For machines."""
        ratios = [round(each.ratio, 3) for each in self.pairs]
        more = {"ratios": ratios, "median": round(self.median, 3), "limit": LIMIT}
        return json.dumps({**asdict(self), **more}, indent=2) + "\n"


def markdown(found: Slowdown) -> str:
    """The page."""
    lines = [
        "# The price of one notice",
        "",
        f"`python -m benchmarks.interruption.slowdown --pairs {len(found.pairs)}`: the same query, "
        f"undisturbed and with a notice of {found.notice_seconds:g} s to one of {found.workers} "
        "workers as soon as its first task has read shuffle files, in turns on one fleet.",
        "",
        f"**Median of the ratios {found.median:.2f}** (at most {LIMIT:.2f} is wanted).",
        "",
        "| pair | undisturbed, s | with a notice, s | ratio |",
        "|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {number} | {each.quiet:.1f} | {each.disturbed:.1f} | {each.ratio:.2f} |"
        for number, each in enumerate(found.pairs, start=1)
    ]
    return "\n".join(lines) + "\n"


class _Query(threading.Thread):
    """The query in a thread, so that its phases can be watched."""

    def __init__(self, session: Any, text: str) -> None:
        super().__init__(daemon=True)
        self._session = session
        self._text = text
        self.seconds = 0.0
        self.answer: Any = None
        self.error = ""

    def run(self) -> None:
        began = time.monotonic()
        try:
            self.answer = [tuple(row) for row in self._session.sql(self._text).collect()]
        # Told by whoever waits for the answer.
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
        self.seconds = time.monotonic() - began

    def finish(self) -> float:
        """Wait for the answer; its seconds."""
        self.join(QUERY_SECONDS)
        if self.is_alive():
            msg = f"waited {QUERY_SECONDS:g} s for the query; last seen: it runs"
            raise DeadlineError(msg)
        if self.error:
            msg = f"the query failed: {self.error[:1500]}"
            raise ToolError(msg)
        return self.seconds


def measure(
    context: OpsContext, access: Access, *, pairs: int, rows: int, notice: float, log: Log
) -> Slowdown:
    """Run all pairs; the fleet has its former size afterwards.

    Raises:
        ToolError: a query failed, or its answer differs.
        DeadlineError: the fleet or a query did not come in time.
    """
    generation = chosen_generation(context.outputs, "")
    found = Slowdown(workers=WORKERS, rows=rows, notice_seconds=notice)
    session = open_session(write_connection(context, "", config_directory()))
    for key, value in {**work.SETTINGS, "spark.sql.shuffle.partitions": "48"}.items():
        session.conf.set(key, value)
    with context.inside():
        leader = leader_of(find_machines(context.account, context.outputs), generation.name)
    with open_driver(context, access, leader) as driver:
        fleet = Fleet(
            context=context,
            generation=generation,
            driver=driver,
            interrupter=interrupter(context, generation, seconds=notice),
            taken={},
        )
        before = fleet.resize(WORKERS)
        try:
            for number in range(1, pairs + 1):
                found.pairs.append(_pair(fleet, session, rows))
                done = found.pairs[-1]
                log(
                    f"pair {number}: {done.quiet:.1f} s, with a notice {done.disturbed:.1f} s, "
                    f"ratio {done.ratio:.2f}{'' if done.met else ' (the notice came too late)'}"
                )
        finally:
            fleet.resize(before)
    return found


def _pair(fleet: Fleet, session: Any, rows: int) -> Pair:
    fleet.await_usable(WORKERS, deadline=FLEET_SECONDS)
    text = statement(rows)
    # New executors compile their code once; both halves begin with warm ones.
    warm = _Query(session, statement(rows // 2))
    warm.start()
    warm.finish()
    name = str(session.client._session_id)
    quiet = _Query(session, text)
    quiet.start()
    # Watching costs the leader something, so both halves are watched alike.
    _await_reading(fleet, name, quiet)
    quiet.finish()
    usable = fleet.await_usable(WORKERS, deadline=FLEET_SECONDS)
    disturbed = _Query(session, text)
    disturbed.start()
    met = _await_reading(fleet, name, disturbed)
    fleet.take(usable, 1, notice=True)
    disturbed.finish()
    if disturbed.answer != quiet.answer:
        msg = f"the answer with a notice is {disturbed.answer}, undisturbed {quiet.answer}"
        raise ToolError(msg)
    return Pair(quiet=quiet.seconds, disturbed=disturbed.seconds, met=met)


def _await_reading(fleet: Fleet, session: str, query: threading.Thread) -> bool:
    """Until a task has read shuffle files and others of its stage are about to."""
    while query.is_alive():
        ours = {
            stage
            for job in fleet.driver.jobs("running")
            if session_of(job) == session
            for stage in job["stageIds"]
        }
        if any(reading(each) for each in fleet.driver.stages("active") if each["stageId"] in ours):
            return True
        time.sleep(LOOK_SECONDS)
    return False


def reading(stage: Mapping[str, Any]) -> bool:
    """Whether finished tasks of a stage have read shuffle files and others run, whatever they
    write: a stage between two exchanges does both.
    """
    return bool(stage["shuffleReadBytes"] > 0 and stage["numActiveTasks"] > 0)


def main(argv: Sequence[str] | None = None) -> int:
    """Returns 1 if the median is above the limit or a notice came too late."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.interruption.slowdown")
    parser.add_argument("--stack", default="local", help="Pulumi stack (default: %(default)s)")
    parser.add_argument("--cloud", default="", help="name of the local cloud")
    parser.add_argument("--ssh-key", type=Path, help="private key for the machines")
    parser.add_argument("--known-hosts", type=Path, help="file with the machines' host keys")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="(default: %(default)s)")
    parser.add_argument("--rows", type=int, default=ROWS, help="(default: %(default)s)")
    parser.add_argument("--notice-seconds", type=float, default=NOTICE_SECONDS)
    parser.add_argument("--report", type=Path, help="folder for slowdown.md and slowdown.json")
    parser.add_argument("--yes-production", action="store_true")
    arguments = parser.parse_args(argv)

    def log(line: str) -> None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    try:
        context = open_context(arguments.stack, cloud=arguments.cloud, redactor=Redactor())
        outputs = context.outputs
        refuse_production(
            outputs.stack, outputs.chaos.production, confirmed=arguments.yes_production
        )
        access = open_access(context, arguments.ssh_key, arguments.known_hosts)
        found = measure(
            context,
            access,
            pairs=max(1, arguments.pairs),
            rows=arguments.rows,
            notice=arguments.notice_seconds,
            log=log,
        )
    except LakehouseError as error:
        log(str(error))
        return 1
    if arguments.report:
        arguments.report.mkdir(parents=True, exist_ok=True)
        (arguments.report / "slowdown.md").write_text(markdown(found))
        (arguments.report / "slowdown.json").write_text(found.to_json())
    log(markdown(found))
    return 0 if found.median <= LIMIT and all(each.met for each in found.pairs) else 1


if __name__ == "__main__":
    sys.exit(main())
