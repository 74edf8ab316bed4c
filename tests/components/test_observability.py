"""Logs, alarms and the dashboard."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components import _alarms
from components._dashboard import WIDTH, dashboard
from lakehouse.config import ObservabilityConfig
from node import measures
from tests.components.programs import observability, stack_config, whole
from tests.components.recorder import ACCOUNT_ID, REGION, Recorded, build

OURS = "Millrace"


def made(**changes: Any) -> Recorded:
    return build(lambda: observability("one", **changes))


def metrics_that_are_put() -> set[str]:
    """Every name that a leader ever puts."""
    status = {
        "healthy": True, "sessions": 1, "operations": 1, "workers_alive": 1,
        "probe": {"latency_seconds": 1, "distributed_latency_seconds": 1},
    }  # fmt: skip
    gauges = {"a.driver.jvm.heap.max": {"value": 1}, "a.driver.jvm.heap.used": {"value": 1}}
    found = [
        *measures.of_status(status),
        *measures.of_jvm({"gauges": gauges}),
        *measures.of_executors([]),
        *measures.of_workers([]),
    ]
    return {each.name for each in found}


def test_every_machine_has_a_group_that_ends_and_is_encrypted() -> None:
    recorded = made()
    groups = {each.inputs["name"]: each.inputs for each in recorded.of("LogGroup")}
    assert set(groups) == {
        "/millrace/example/blue",
        "/millrace/example/green",
        "/millrace/example/audit/queries",
    }
    assert groups["/millrace/example/blue"]["retentionInDays"] == 30
    assert groups["/millrace/example/audit/queries"]["retentionInDays"] == 365
    assert all(each["kmsKeyId"] for each in groups.values())


def test_a_log_group_waits_until_its_key_lets_it() -> None:
    group = made().one("LogGroup", "audit")
    assert any("KeyPolicy" in each for each in group.options.dependencies)


def test_logs_of_stacks_from_before_are_kept() -> None:
    (alias,) = made().one("LogGroup", "blue-logs").options.aliases
    assert alias.urn.endswith(
        "millrace:index:Cluster$aws:cloudwatch/logGroup:LogGroup::one-blue-logs"
    )


def test_the_name_of_the_former_log_group_is_the_cluster_s() -> None:
    groups = [each.name for each in whole("example").of("LogGroup")]
    assert "millrace-example-blue-logs" in groups


def test_the_topic_is_encrypted_with_a_key_that_alarms_can_use() -> None:
    recorded = made()
    assert recorded.one("Topic").inputs["kmsMasterKeyId"]
    assert "cloudwatch.amazonaws.com" in recorded.one("KeyPolicy").inputs["policy"]


def test_people_and_tools_are_told() -> None:
    recorded = made(emails=("a@example.com",), webhooks=("https://example.com/x",))
    told = {
        (each.inputs["protocol"], each.inputs["endpoint"])
        for each in recorded.of("TopicSubscription")
    }
    assert told == {("email", "a@example.com"), ("https", "https://example.com/x")}


@pytest.mark.parametrize(
    ("name", "metric", "comparison", "threshold", "minutes", "missing"),
    [
        ("no-healthy-leader", "HealthyHostCount", "LessThanThreshold", 1, 3, "breaching"),
        ("probe-failing", "Healthy", "LessThanThreshold", 1, 3, "breaching"),
        ("heap", "HeapAfterCollection", "GreaterThanThreshold", 85, 5, "ignore"),
        ("sessions", "Sessions", "GreaterThanThreshold", 20, 3, "ignore"),
        ("workers-starved", "WorkersMissing", "GreaterThanThreshold", 0, 15, "ignore"),
        ("workers-below-minimum", "WorkersAlive", "LessThanThreshold", 2, 5, "ignore"),
    ],
)
def test_an_alarm_is_raised_when(
    name: str, metric: str, comparison: str, threshold: float, minutes: int, missing: str
) -> None:
    alarm = made().one("MetricAlarm", f"blue-{name}").inputs
    assert alarm["metricName"] == metric
    assert alarm["comparisonOperator"] == comparison
    assert alarm["threshold"] == threshold
    assert alarm["evaluationPeriods"] == alarm["datapointsToAlarm"] == minutes
    assert alarm["treatMissingData"] == missing
    assert alarm["period"] == 60


def test_a_fleet_that_may_be_empty_has_no_minimum_to_be_below() -> None:
    names = [each.name for each in made().of("MetricAlarm")]
    assert "one-blue-workers-below-minimum" in names
    assert "one-green-workers-below-minimum" not in names


def test_every_alarm_tells_the_topic_when_it_begins_and_when_it_ends() -> None:
    recorded = made()
    for alarm in recorded.of("MetricAlarm"):
        assert alarm.inputs["alarmActions"] == alarm.inputs["okActions"]
        assert len(alarm.inputs["alarmActions"]) == 1
        assert (
            "Look at" in alarm.inputs["alarmDescription"]
            or "Close" in alarm.inputs["alarmDescription"]
            or "Restart" in alarm.inputs["alarmDescription"]
        ), "whoever is woken wants to know what next"


def test_the_balancer_s_view_is_asked_for_as_cloudwatch_names_it() -> None:
    alarm = made().one("MetricAlarm", "blue-no-healthy-leader").inputs
    assert alarm["namespace"] == "AWS/NetworkELB"
    assert alarm["dimensions"] == {
        "LoadBalancer": "net/connect/0f1e",
        "TargetGroup": "targetgroup/blue/2d3c",
    }


def test_a_leader_s_own_view_is_told_apart_by_stack_and_generation() -> None:
    alarm = made().one("MetricAlarm", "green-heap").inputs
    assert alarm["dimensions"] == {"Stack": "example", "Generation": "green"}


def test_alarms_watch_what_leaders_put() -> None:
    watched = {
        each.metric
        for each in _alarms.alarms(ObservabilityConfig(), 1)
        if each.namespace == measures.NAMESPACE
    }
    assert watched <= metrics_that_are_put()


def test_leaders_put_where_they_may() -> None:
    assert measures.NAMESPACE == OURS


def body() -> dict[str, Any]:
    text = dashboard(
        region=REGION,
        stack="prod",
        generations=["blue", "green"],
        log_groups=["/millrace/prod/blue"],
        audit_log_group="/millrace/prod/audit/queries",
    )
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def test_the_dashboard_shows_everything_that_leaders_put() -> None:
    shown = {
        metric[1]
        for widget in body()["widgets"]
        if widget["type"] == "metric"
        for metric in widget["properties"]["metrics"]
    }
    assert shown == metrics_that_are_put() - {"WorkersMissing"}, "missing is the gap between two"


def test_no_two_widgets_lie_on_each_other_or_beyond_the_edge() -> None:
    taken: set[tuple[int, int]] = set()
    for each in body()["widgets"]:
        cells = {
            (column, row)
            for column in range(each["x"], each["x"] + each["width"])
            for row in range(each["y"], each["y"] + each["height"])
        }
        assert not cells & taken, each
        assert each["x"] + each["width"] <= WIDTH
        taken |= cells


def test_the_dashboard_is_the_same_text_for_the_same_stack() -> None:
    assert body() == body()


def test_the_dashboard_tells_who_worked_without_telling_on_what() -> None:
    queries = [each["properties"]["query"] for each in body()["widgets"] if each["type"] == "log"]
    assert any("by user" in each for each in queries)
    assert not any("statement" in each for each in queries)


def test_everything_can_be_turned_off() -> None:
    recorded = made(logs=False, queries=False, encrypt=False, alarms=False, dashboard=False)
    assert recorded.custom == []


def test_who_ran_what_leaves_the_machine_even_where_its_logs_do_not() -> None:
    recorded = made(logs=False)
    assert recorded.one("LogGroup").inputs["name"] == "/millrace/example/audit/queries"
    assert recorded.one("LogGroup").inputs["retentionInDays"] == 365
    board = recorded.one("Dashboard").inputs["dashboardBody"]
    assert "/audit/queries" in board
    assert "/millrace/example/blue" not in board


def test_without_the_record_of_queries_logs_go_on() -> None:
    names = {each.inputs["name"] for each in made(queries=False).of("LogGroup")}
    assert names == {"/millrace/example/blue", "/millrace/example/green"}


def test_an_unencrypted_stack_makes_no_key() -> None:
    recorded = made(encrypt=False)
    assert recorded.of("Key") == []
    assert all("kmsKeyId" not in each.inputs for each in recorded.of("LogGroup"))


def test_the_program_watches_each_generation_of_a_stack() -> None:
    for stack in ("local", "prod"):
        names = [each.name for each in whole(stack).of("MetricAlarm")]
        for generation in stack_config(stack).generations:
            assert any(f"-{generation}-heap" in each for each in names)


def test_alarm_names_may_tell_the_topic() -> None:
    recorded = whole("example")
    policy = recorded.one("TopicPolicy").inputs["policy"]
    assert f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:millrace-example-*" in policy
    for alarm in recorded.of("MetricAlarm"):
        assert alarm.name.startswith("millrace-example-")
