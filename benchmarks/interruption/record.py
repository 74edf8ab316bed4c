"""What a soak found, and how it is told: JSON for machines, Markdown for people."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from benchmarks.interruption.lanes import CHECKED_EVERY, Done

_STOPPED: Final = "**It was stopped before all {} were taken.**"


@dataclass(frozen=True, kw_only=True)
class Struck:
    """One act of interruption."""

    name: str
    """How and in which phase, as planned."""
    machines: tuple[str, ...]
    notice: bool
    phase: str
    met: bool
    """Whether a query was in that phase when the machines were told or ended."""
    running: tuple[str, ...]
    """Lanes with a statement under way at that moment."""
    at: float
    """Seconds since the soak began."""
    waited: float
    """Seconds until a query was in that phase."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One kind of work."""

    name: str
    user: str
    done: int
    failed: int
    wrong: int
    disturbed: int
    """Statements that were under way when machines went."""
    quiet_seconds: float | None
    """Median of those that were not."""
    disturbed_seconds: float | None
    longest_seconds: float


@dataclass(kw_only=True)
class Soak:
    """All of it."""

    interruptions: int
    workers: int
    notice_seconds: float
    seconds: float = 0.0
    strikes: list[Struck] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=list)
    stages_repeated: int = 0
    server: dict[str, int] = field(default_factory=dict)
    """Outcome -> operations, by the server's own record."""
    machines: dict[str, int] = field(default_factory=dict)
    """What the interrupted machines' own logs say."""
    problems: list[str] = field(default_factory=list)
    """Everything that should not be; empty is what passes."""

    @property
    def taken(self) -> int:
        """Machines that were interrupted."""
        return sum(len(each.machines) for each in self.strikes)

    @property
    def passed(self) -> bool:
        """All were taken, and nothing is wrong."""
        return self.taken == self.interruptions and not self.problems

    def to_json(self) -> str:
        """For machines."""
        return json.dumps(asdict(self), indent=2) + "\n"


def add_up(name: str, done: Sequence[Done], moments: Sequence[float]) -> Statement:
    """Of one kind; `moments` are when machines went, in the statements' clock."""
    quiet: list[float] = []
    disturbed: list[float] = []
    all_seconds = [0.0]
    failed = wrong = 0
    for each in done:
        hit = any(each.started <= moment <= each.started + each.seconds for moment in moments)
        (disturbed if hit else quiet).append(each.seconds)
        all_seconds.append(each.seconds)
        failed += bool(each.error)
        wrong += bool(each.wrong)
    return Statement(
        name=name,
        user=", ".join(sorted({each.user for each in done})),
        done=len(quiet) + len(disturbed),
        failed=failed,
        wrong=wrong,
        disturbed=len(disturbed),
        quiet_seconds=round(statistics.median(quiet), 1) if quiet else None,
        disturbed_seconds=round(statistics.median(disturbed), 1) if disturbed else None,
        longest_seconds=round(max(all_seconds), 1),
    )


def markdown(soak: Soak) -> str:
    """The page of a soak."""
    failed = sum(each.failed for each in soak.statements)
    wrong = sum(each.wrong for each in soak.statements)
    done = sum(each.done for each in soak.statements)
    lines = [
        "# Interruptions under load",
        "",
        f"`python -m benchmarks.interruption --interruptions {soak.interruptions} "
        f"--workers {soak.workers}`: "
        f"{soak.taken} machines taken from a fleet of {soak.workers} workers while "
        f"{done} statements ran, in {soak.seconds / 60:.0f} minutes.",
        "",
        f"**{failed} failed, {wrong} wrong answers, {len(soak.problems)} problems.** "
        f"{soak.stages_repeated} stages ran again.",
        "",
        *([_STOPPED.format(soak.interruptions), ""] if soak.taken < soak.interruptions else []),
        f"The notice is {soak.notice_seconds:g} s here instead of AWS's 120 s: shorter is "
        "harder. Without notice, every process of the machine ends at once.",
        "",
        "## How machines went",
        "",
        "| act | acts | machines | in that phase | median wait for the phase, s |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, acts in _grouped(soak.strikes).items():
        wait = statistics.median(each.waited for each in acts)
        lines.append(
            f"| {name} | {len(acts)} | {sum(len(each.machines) for each in acts)} "
            f"| {sum(each.met for each in acts)} | {wait:.1f} |"
        )
    lines += [
        "",
        "## What ran meanwhile",
        "",
        "Answers are compared with those of the same statements before the first interruption; "
        f"tables are added up after every {CHECKED_EVERY} writes. Seconds are medians.",
        "",
        "| statement | user | done | failed | wrong | under way when machines went "
        "| s undisturbed | s disturbed | longest, s |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {each.name} | {each.user} | {each.done} | {each.failed} | {each.wrong} "
        f"| {each.disturbed} | {_or_dash(each.quiet_seconds)} "
        f"| {_or_dash(each.disturbed_seconds)} | {each.longest_seconds:g} |"
        for each in soak.statements
    ]
    lines += [
        "",
        "The server's own record of operations: "
        + (", ".join(f"{count} {name}" for name, count in sorted(soak.server.items())) or "none")
        + ".",
        "",
        "## The tables afterwards",
        "",
        "Every file that any snapshot refers to was looked for; the rows of some snapshots, the "
        "first and the last among them, were read and counted. Each snapshot has the one before "
        "as its parent, and its total is what all up to it added and deleted.",
        "",
        "| table | snapshots | rows | rows added by all | files referred to | snapshots read "
        "| problems |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {each['table']} | {each['snapshots']} | {each['rows']} | {each['added']} "
        f"| {each['files']} | {each['read']} | {len(each['problems'])} |"
        for each in soak.tables
    ]
    if soak.machines:
        lines += [
            "",
            "## The interrupted machines",
            "",
            "| what their logs say, as the account has them | machines |",
            "|---|---:|",
            *(f"| {name} | {count} |" for name, count in soak.machines.items()),
        ]
    if soak.problems:
        lines += ["", "## Problems", "", *(f"- {each}" for each in soak.problems)]
    return "\n".join(lines) + "\n"


def _grouped(strikes: Iterable[Struck]) -> dict[str, list[Struck]]:
    found: dict[str, list[Struck]] = {}
    for each in strikes:
        found.setdefault(each.name, []).append(each)
    return found


def _or_dash(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
