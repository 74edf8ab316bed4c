"""Draws a `Status` so that it fits one screen of 24 lines and 120 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from lakehouse.outputs import GenerationOutputs
from ops import status_fleet
from ops.machines import Machine
from ops.status import Status

LINES: Final = 24
WIDTH: Final = 120
MOST_PROBLEMS: Final = 2
_FIXED: Final = 9 + MOST_PROBLEMS
"""Lines that are always there, besides one per generation and one per machine."""


def render(status: Status, *, every: bool = False) -> str:
    """The whole screen; with `every` no machine is left out, however many there are."""
    outputs = status.outputs
    fleet = status_fleet.lines(status.node.document, status.machines, every=every)
    lines = [
        f"{outputs.project}/{outputs.stack}  {outputs.region}  account {outputs.account_id}",
        f"endpoint  sc://{outputs.endpoint.host}:{outputs.endpoint.port}  {_endpoint(status)}",
        "",
        *_table(
            ("GENERATION", "WEIGHT", "LEADER", "WORKERS", "VERSIONS", "IMAGE"),
            [_generation(status, each) for each in outputs.generations],
        ),
        "",
        *_machines(status, LINES - _FIXED - len(fleet) - len(outputs.generations), every),
        "",
        *_activity(status),
        *fleet,
    ]
    if status.account_problem:
        lines.append(f"account   {status.account_problem}")
    return "\n".join(line[:WIDTH].rstrip() if not every else line.rstrip() for line in lines)


def _endpoint(status: Status) -> str:
    if status.answering:
        return f"answers in {status.node.seconds * 1000:.0f} ms as {status.user}"
    return f"DOES NOT ANSWER: {status.node.problem}"


def _generation(status: Status, generation: GenerationOutputs) -> tuple[str, ...]:
    mine = [each for each in status.machines if each.generation == generation.name]
    leaders = [each for each in mine if each.role == "leader"]
    workers = [each for each in mine if each.role == "worker"]
    health = ", ".join(each.health or each.lifecycle for each in leaders) or "none"
    serving = sum(each.in_service for each in workers)
    return (
        generation.name,
        str(generation.weight),
        health,
        f"{serving}/{len(workers)} in service",
        generation.version_set,
        generation.image,
    )


def _machines(status: Status, room: int, every: bool) -> list[str]:
    if not status.machines:
        return ["no machines"]
    shown: Sequence[Machine] = status.machines
    left = len(shown) - room
    if left > 0 and not every:
        # One line is spent on saying that there are more.
        shown = shown[: max(room - 1, 1)]
        left = len(status.machines) - len(shown)
    noteworthy = status_fleet.noteworthy(status.node.document)
    rows = [
        (
            each.instance_id,
            f"{each.generation}/{each.role}",
            noteworthy.get(each.instance_id, each.state),
            each.lifecycle,
            each.type,
            each.address,
            each.market,
            each.zone,
        )
        for each in shown
    ]
    head = ("MACHINE", "ROLE", "STATE", "LIFECYCLE", "TYPE", "ADDRESS", "MARKET", "ZONE")
    more = [f"... and {left} more: `lakehouse status --all`"] if left > 0 and not every else []
    return [*_table(head, rows), *more]


def _activity(status: Status) -> list[str]:
    if not status.answering:
        return ["activity  unknown while the endpoint does not answer"]
    node = status.node.document
    workers = [each for each in node.get("workers") or () if isinstance(each, dict)]
    used = sum(int(each.get("cores_used", 0)) for each in workers)
    cores = sum(int(each.get("cores", 0)) for each in workers)
    lines = [
        f"activity  sessions {_shown(node, 'sessions')} · operations {_shown(node, 'operations')}"
        f" · workers {_shown(node, 'workers_alive')} alive · cores {used}/{cores} in use"
        f" · {'healthy' if node.get('healthy') else 'NOT HEALTHY'}"
    ]
    version = node.get("version") or {}
    components = version.get("components") or {}
    if components:
        text = " · ".join(f"{name} {value}" for name, value in components.items())
        lines.append(f"versions  {text}")
    lines += [f"problem   {problem}" for problem in (node.get("problems") or ())[:MOST_PROBLEMS]]
    return lines


def _shown(document: Mapping[str, Any], key: str) -> str:
    """What could not be asked is null, and is shown as such."""
    value = document.get(key)
    return "?" if value is None else str(value)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(text) for text in column) for column in zip(head, *rows, strict=True)]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]
