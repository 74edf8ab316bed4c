"""The cluster in figures."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse import ports
from lakehouse.boot import BootDocument
from node import measures
from node.errors import NodeError
from node.metrics import Reporter

STATUS = {
    "healthy": True,
    "sessions": 3,
    "operations": 1,
    "workers_alive": 2,
    "probe": {"latency_seconds": 0.05, "distributed_latency_seconds": None},
    "application": {"id": "app-1"},
}
JVM = {
    "gauges": {
        "app-1.driver.jvm.heap.max": {"value": 1000},
        "app-1.driver.jvm.heap.used": {"value": 900},
        "app-1.driver.jvm.pools.G1-Eden-Space.used-after-gc": {"value": 0},
        "app-1.driver.jvm.pools.G1-Survivor-Space.used-after-gc": {"value": 20},
        "app-1.driver.jvm.pools.G1-Old-Gen.used-after-gc": {"value": 280},
        "app-1.driver.jvm.pools.Metaspace.used": {"value": 5000},
        "app-1.driver.BlockManager.memory.maxMem_MB": {"value": 400},
    }
}
EXECUTORS = [
    {"id": "driver", "isActive": True, "totalCores": 0},
    {"id": "0", "isActive": True, "totalCores": 2},
    {"id": "1", "isActive": False, "totalCores": 2},
]
GROUPS = [
    {
        "DesiredCapacity": 4,
        "Instances": [
            {"LifecycleState": "InService"},
            {"LifecycleState": "Pending:Wait"},
            {"LifecycleState": "Terminating:Wait"},
        ],
    }
]


def values(measured: list[measures.Measure]) -> dict[str, float]:
    return {each.name: each.value for each in measured}


def test_what_nobody_told_is_no_zero() -> None:
    found = values(measures.of_status({"healthy": False, "sessions": None, "probe": {}}))
    assert found == {"Healthy": 0.0}


def test_the_heap_that_counts_is_what_a_collection_leaves() -> None:
    assert values(measures.of_jvm(JVM)) == {"HeapUsed": 90.0, "HeapAfterCollection": 30.0}


def test_a_driver_without_a_heap_size_has_no_heap_figures() -> None:
    assert measures.of_jvm({"gauges": {}}) == []


def test_the_driver_is_no_executor() -> None:
    assert values(measures.of_executors(EXECUTORS)) == {"Executors": 1.0, "ExecutorCores": 2.0}


def test_starvation_is_what_was_asked_for_and_did_not_come() -> None:
    assert values(measures.of_workers(GROUPS)) == {
        "WorkersDesired": 4.0,
        "WorkersInService": 1.0,
        "WorkersMissing": 3.0,
    }


class FakeCloudWatch:
    def __init__(self) -> None:
        self.put: list[dict[str, Any]] = []

    def put_metric_data(self, **call: Any) -> None:
        self.put.append(call)


class FakeAutoscaling:
    def __init__(self, groups: list[dict[str, Any]]) -> None:
        self.groups = groups
        self.filters: list[dict[str, Any]] = []

    def describe_auto_scaling_groups(self, *, Filters: list[dict[str, Any]]) -> dict[str, Any]:
        self.filters = Filters
        return {"AutoScalingGroups": self.groups}


def answers(host: str, port: int, path: str) -> Any:
    assert host == "127.0.0.1"
    known = {
        (ports.NODE_STATUS, "/"): STATUS,
        (ports.DRIVER_UI, "/metrics/json/"): JVM,
        (ports.DRIVER_UI, "/api/v1/applications/app-1/executors"): EXECUTORS,
    }
    return known[port, path]


def test_a_report_is_one_call_with_the_cluster_as_dimensions(leader: BootDocument) -> None:
    cloudwatch, autoscaling = FakeCloudWatch(), FakeAutoscaling(GROUPS)
    Reporter(leader, cloudwatch, autoscaling, answers).report()
    (call,) = cloudwatch.put
    assert call["Namespace"] == "Millrace"
    assert {each["MetricName"] for each in call["MetricData"]} == {
        "Healthy", "Sessions", "Operations", "WorkersAlive", "ProbeLatency", "HeapUsed",
        "HeapAfterCollection", "Executors", "ExecutorCores", "WorkersDesired",
        "WorkersInService", "WorkersMissing",
    }  # fmt: skip
    for each in call["MetricData"]:
        assert each["Dimensions"] == [
            {"Name": "Stack", "Value": "test"},
            {"Name": "Generation", "Value": "blue"},
        ]


def test_the_worker_group_is_found_by_its_tags(leader: BootDocument) -> None:
    autoscaling = FakeAutoscaling(GROUPS)
    Reporter(leader, FakeCloudWatch(), autoscaling, answers).report()
    assert {(each["Name"], *each["Values"]) for each in autoscaling.filters} == {
        ("tag:millrace:stack", "test"),
        ("tag:millrace:generation", "blue"),
        ("tag:millrace:role", "worker"),
    }


def test_a_source_that_fails_hides_no_other(leader: BootDocument) -> None:
    def broken(host: str, port: int, path: str) -> Any:
        if port == ports.DRIVER_UI:
            msg = "connection refused"
            raise NodeError(msg)
        return answers(host, port, path)

    cloudwatch = FakeCloudWatch()
    Reporter(leader, cloudwatch, FakeAutoscaling([]), broken).report()
    names = {each["MetricName"] for each in cloudwatch.put[0]["MetricData"]}
    assert names == {"Healthy", "Sessions", "Operations", "WorkersAlive", "ProbeLatency"}


def test_a_failure_is_told_once_and_its_end_too(
    leader: BootDocument, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    autoscaling = FakeAutoscaling([])
    reporter = Reporter(leader, FakeCloudWatch(), autoscaling, answers)
    reporter.report()
    reporter.report()
    autoscaling.groups = GROUPS
    reporter.report()
    told = [each.getMessage() for each in caplog.records]
    assert len(told) == 2
    assert "no Auto Scaling group" in told[0]
    assert told[1] == "the worker group: well again"
