"""The dashboard as text: a pure function, so that a test reads what people will see."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from components._alarms import BALANCER_NAMESPACE
from lakehouse.policies import METRICS_NAMESPACE

WIDTH: Final = 24
"""Columns of a dashboard (CloudWatch user guide, dashboard body)."""

_HEIGHT: Final = 6
_PER_ROW: Final = 3

_AT_BALANCER: Final = "HealthyHostCount"
"""The endpoint's own view: leaders of the generation that clients would be sent to."""

_GRAPHS: Final[Mapping[str, tuple[str, ...]]] = {
    "Health (1 is well)": ("Healthy", _AT_BALANCER),
    "Sessions and operations": ("Sessions", "Operations"),
    "Seconds of the probe's queries": ("ProbeLatency", "ExecutorProbeLatency"),
    "Heap of the Connect server, %": ("HeapUsed", "HeapAfterCollection"),
    "Workers": ("WorkersDesired", "WorkersInService", "WorkersAlive", "WorkersMissing"),
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
    generations: Mapping[str, Mapping[str, str]],
    log_groups: Sequence[str],
    audit_log_group: str,
) -> str:
    """The body: a band of graphs for each generation, then who works and what went wrong.

    `generations` are with the dimensions that the load balancer's figures of each have.
    """
    widgets: list[dict[str, Any]] = []
    row = 0
    for generation, at_balancer in generations.items():
        widgets.append(_text(f"## {stack} / {generation}", row))
        row += 1
        for position, (title, metrics) in enumerate(_GRAPHS.items()):
            line, column = divmod(position, _PER_ROW)
            place = _place(row + line * _HEIGHT, column)
            own = {"Stack": stack, "Generation": generation}
            shown = [_metric(each, own, at_balancer) for each in metrics]
            widgets.append({**place, **_graph(title, shown, region)})
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


def _metric(name: str, own: Mapping[str, str], at_balancer: Mapping[str, str]) -> list[str]:
    """A metric as a graph names it: namespace, name, then each dimension and its value."""
    balancer = name == _AT_BALANCER
    dimensions = at_balancer if balancer else own
    namespace = BALANCER_NAMESPACE if balancer else METRICS_NAMESPACE
    return [namespace, name, *(part for each in dimensions.items() for part in each)]


def _graph(title: str, metrics: Sequence[Sequence[str]], region: str) -> dict[str, Any]:
    return {
        "type": "metric",
        "properties": {
            "title": title,
            "region": region,
            "view": "timeSeries",
            "stat": "Average",
            "period": 60,
            "yAxis": {"left": {"min": 0}},
            "metrics": [list(each) for each in metrics],
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
