"""The dashboard as text: a pure function, so that a test reads what people will see."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lakehouse.policies import METRICS_NAMESPACE

WIDTH: Final = 24
"""Columns of a dashboard (CloudWatch user guide, dashboard body)."""

_HEIGHT: Final = 6
_PER_ROW: Final = 3

_GRAPHS: Final[Mapping[str, tuple[str, ...]]] = {
    "Health (1 is well)": ("Healthy",),
    "Sessions and operations": ("Sessions", "Operations"),
    "Seconds of the probe's queries": ("ProbeLatency", "ExecutorProbeLatency"),
    "Heap of the Connect server, %": ("HeapUsed", "HeapAfterCollection"),
    "Workers": ("WorkersDesired", "WorkersInService", "WorkersAlive"),
    "Executors and their cores": ("Executors", "ExecutorCores"),
}

_WHO: Final = (
    "filter record = 'operation' and event = 'ended'"
    " | stats count() as operations, sum(seconds) as seconds, sum(outcome = 'failed') as failed"
    " by user | sort seconds desc"
)
_REFUSED: Final = "filter record = 'rpc' and user = '' | stats count() as refused by client"


def dashboard(
    *,
    region: str,
    stack: str,
    generations: Sequence[str],
    log_groups: Sequence[str],
    audit_log_group: str,
) -> str:
    """The body: a band of graphs for each generation, then who works and what went wrong."""
    widgets: list[dict[str, Any]] = []
    row = 0
    for generation in generations:
        widgets.append(_text(f"## {stack} / {generation}", row))
        row += 1
        for position, (title, metrics) in enumerate(_GRAPHS.items()):
            line, column = divmod(position, _PER_ROW)
            place = _place(row + line * _HEIGHT, column)
            widgets.append({**place, **_graph(title, metrics, region, stack, generation)})
        row += _HEIGHT * -(-len(_GRAPHS) // _PER_ROW)
    tables = []
    if audit_log_group:
        tables.append(("Who worked", _WHO, [audit_log_group]))
        tables.append(("Calls without a valid token", _REFUSED, [audit_log_group]))
    if log_groups:
        errors = "filter level in ['error', 'fatal'] | sort @timestamp desc | limit 50"
        fields = "fields @timestamp, @logStream, unit, message | "
        tables.append(("Errors", fields + errors, list(log_groups)))
    for position, (title, query, groups) in enumerate(tables):
        widgets.append({**_place(row, position), **_table(title, query, groups, region)})
    return json.dumps({"widgets": widgets}, sort_keys=True)


def _place(row: int, column: int) -> dict[str, int]:
    width = WIDTH // _PER_ROW
    return {"x": column * width, "y": row, "width": width, "height": _HEIGHT}


def _text(markdown: str, row: int) -> dict[str, Any]:
    return {
        "type": "text",
        "x": 0,
        "y": row,
        "width": WIDTH,
        "height": 1,
        "properties": {"markdown": markdown},
    }


def _graph(
    title: str, metrics: Sequence[str], region: str, stack: str, generation: str
) -> dict[str, Any]:
    return {
        "type": "metric",
        "properties": {
            "title": title,
            "region": region,
            "view": "timeSeries",
            "stat": "Average",
            "period": 60,
            "yAxis": {"left": {"min": 0}},
            "metrics": [
                [METRICS_NAMESPACE, each, "Stack", stack, "Generation", generation]
                for each in metrics
            ],
        },
    }


def _table(title: str, query: str, groups: Sequence[str], region: str) -> dict[str, Any]:
    sources = " | ".join(f"SOURCE '{group}'" for group in groups)
    return {
        "type": "log",
        "properties": {
            "title": title,
            "region": region,
            "view": "table",
            "query": f"{sources} | {query}",
        },
    }
