"""What is measured, from what the machine's services and the account say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

NAMESPACE: Final = "Millrace"
"""Of the metrics; the machine's role may write to no other."""

_AFTER: Final = ".used-after-gc"
_POOLS: Final = ".driver.jvm.pools."
_HEAP_POOLS: Final = ("Eden", "Survivor", "Old-Gen", "Tenured")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One value of one metric."""

    name: str
    value: float
    unit: str = "Count"


def of_status(status: Mapping[str, Any]) -> list[Measure]:
    """From the node status; what it could not ask is left out, not zero."""
    probe = status.get("probe") or {}
    values = [
        ("Healthy", float(bool(status.get("healthy"))), "None"),
        ("Sessions", status.get("sessions"), "Count"),
        ("Operations", status.get("operations"), "Count"),
        ("WorkersAlive", status.get("workers_alive"), "Count"),
        ("ProbeLatency", probe.get("latency_seconds"), "Seconds"),
        ("ExecutorProbeLatency", probe.get("distributed_latency_seconds"), "Seconds"),
    ]
    return [
        Measure(name=name, value=float(value), unit=unit)
        for name, value, unit in values
        if value is not None
    ]


def of_jvm(metrics: Mapping[str, Any]) -> list[Measure]:
    """The Connect server's heap, from the driver's `/metrics/json`.

    What is used right after a collection is what cannot be freed; what is used at any other
    time says little, since a collector fills the heap before it works.
    """
    gauges = {name: each.get("value") for name, each in metrics.get("gauges", {}).items()}
    largest = _ending(gauges, ".driver.jvm.heap.max")
    if not largest or largest <= 0:
        return []
    kept = sum(
        float(value)
        for name, value in gauges.items()
        if _POOLS in name and name.endswith(_AFTER) and any(pool in name for pool in _HEAP_POOLS)
    )
    used = _ending(gauges, ".driver.jvm.heap.used") or 0.0
    return [
        Measure(name="HeapUsed", value=round(100 * used / largest, 2), unit="Percent"),
        Measure(name="HeapAfterCollection", value=round(100 * kept / largest, 2), unit="Percent"),
    ]


def of_executors(executors: Iterable[Mapping[str, Any]]) -> list[Measure]:
    """From the driver's list of what is alive; the driver itself is one of them."""
    alive = [each for each in executors if each["id"] != "driver" and each.get("isActive", True)]
    return [
        Measure(name="Executors", value=float(len(alive))),
        Measure(name="ExecutorCores", value=float(sum(each["totalCores"] for each in alive))),
    ]


def of_workers(groups: Iterable[Mapping[str, Any]]) -> list[Measure]:
    """From the worker group: what was asked for and what spot gave."""
    wanted = in_service = 0
    for group in groups:
        wanted += group["DesiredCapacity"]
        in_service += sum(each["LifecycleState"] == "InService" for each in group["Instances"])
    return [
        Measure(name="WorkersDesired", value=float(wanted)),
        Measure(name="WorkersInService", value=float(in_service)),
        Measure(name="WorkersMissing", value=float(max(0, wanted - in_service))),
    ]


def _ending(gauges: Mapping[str, Any], suffix: str) -> float | None:
    """The gauge of that name; Spark puts the application's id before it."""
    for name, value in gauges.items():
        if name.endswith(suffix):
            return float(value)
    return None
