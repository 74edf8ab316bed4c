"""What became of every query: the record of operations, and the attempts of their stages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ops.ssh import Shell

UNIT: Final = "spark-connect"
_MARK: Final = "MILLRACE-AUDIT "
"""What a line of the record begins with (the listener's own); a user's text does not."""
_TAG: Final = re.compile(r"_User_(?P<user>.*)_Session_(?P<session>.*)_Operation_(?P<operation>.*)$")


@dataclass(frozen=True, kw_only=True)
class Query:
    """One operation, as the server recorded it."""

    operation: str
    user: str
    session: str = ""
    kind: str = ""
    """In Spark Connect's words: `sql`, `sql_command`, `aggregate` ..."""
    started: float
    """Seconds since the epoch."""
    ended: float | None = None
    outcome: str = "running"
    """`succeeded`, `failed`, `canceled`, `abandoned`; `running` while it has not ended."""
    error: str = ""
    """Spark's name of the error."""

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return None if self.ended is None else self.ended - self.started


@dataclass(kw_only=True)
class Retries:
    """Attempts beyond the first, by operation; the driver forgets, this does not."""

    of: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    """Operation -> (stage, attempt) that came after a lost or failed one."""
    _stages: dict[int, str] = field(default_factory=dict)

    def look(self, jobs: Iterable[Mapping[str, Any]], stages: Iterable[Mapping[str, Any]]) -> None:
        """Take in what the driver knows now."""
        for job in jobs:
            operation = operation_of(job)
            if operation:
                self._stages.update(dict.fromkeys(job["stageIds"], operation))
        for stage in stages:
            if stage["attemptId"] > 0 and stage["stageId"] in self._stages:
                attempts = self.of.setdefault(self._stages[stage["stageId"]], set())
                attempts.add((stage["stageId"], stage["attemptId"]))

    def count(self, operation: str) -> int:
        """Stages of an operation that ran again."""
        return len(self.of.get(operation, ()))

    @property
    def total(self) -> int:
        """Of all operations."""
        return sum(map(len, self.of.values()))


def operation_of(job: Mapping[str, Any]) -> str:
    """The operation that a job belongs to; empty for one of nobody's."""
    return _tagged(job, "operation")


def session_of(job: Mapping[str, Any]) -> str:
    """The session that a job belongs to."""
    return _tagged(job, "session")


def user_of(job: Mapping[str, Any]) -> str:
    """The user that a job is for; the machine's own probe is one, too."""
    return _tagged(job, "user")


def _tagged(job: Mapping[str, Any], part: str) -> str:
    for tag in job.get("jobTags", ()):
        if found := _TAG.search(tag):
            return found[part]
    return ""


def journal_command(since: float) -> list[str]:
    """What reads the record on the leader, with the journal's own times."""
    return [
        "journalctl",
        "--no-pager",
        "--output=json",
        "--output-fields=MESSAGE",
        f"--since=@{since:.0f}",
        f"--unit={UNIT}",
    ]


def read(shell: Shell, since: float) -> dict[str, Query]:
    """Every operation that started or ended since then, by its id."""
    return parse(shell.run(journal_command(since), deadline=60).stdout.splitlines())


def parse(lines: Iterable[str]) -> dict[str, Query]:
    """From journal entries in JSON. The end tells how long it took, so a lost beginning does not
    hide an operation."""
    queries: dict[str, Query] = {}
    for line in lines:
        found = _record(line)
        if found is None:
            continue
        at, record = found
        operation = str(record["operation"])
        known = queries.get(operation)
        ended = record.get("event") == "ended"
        begun = at - float(record.get("seconds", 0.0)) if ended else at
        queries[operation] = Query(
            operation=operation,
            user=str(record.get("user", "")),
            session=str(record.get("session", "")),
            kind=str(record.get("kind", "")),
            started=known.started if known else begun,
            ended=at if ended else known.ended if known else None,
            outcome=str(record["outcome"]) if ended else known.outcome if known else "running",
            error=str(record.get("error", "")),
        )
    return queries


def _record(line: str) -> tuple[float, dict[str, Any]] | None:
    try:
        entry = json.loads(line)
        message = entry["MESSAGE"]
        at = int(entry["__REALTIME_TIMESTAMP"]) / 1e6
    except (ValueError, KeyError, TypeError):
        # Not every line of a journal is an entry (`-- No entries --`).
        return None
    if not isinstance(message, str) or not message.startswith(_MARK):
        return None
    record: dict[str, Any] = json.loads(message.removeprefix(_MARK))
    return (at, record) if record.get("record") == "operation" else None
