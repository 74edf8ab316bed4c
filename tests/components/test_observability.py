"""Logs, alarms and the dashboard."""

from __future__ import annotations

import base64
import functools
import json
from typing import Any

import pytest

from components._alarms import at_balancer
from components._dashboard import WIDTH, dashboard
from lakehouse import boot
from node import measures
from node.metrics import Reporter
from tests.components.programs import chaos, observability, stack_config, whole
from tests.components.recorder import ACCOUNT_ID, REGION, Recorded, build

OURS = "Millrace"


def made(**changes: Any) -> Recorded:
    return build(lambda: observability("one", **changes))


class Put:
    """CloudWatch as a leader sees it: remembers what was put, and under which dimensions."""

    def __init__(self) -> None:
        self.metrics: set[str] = set()
        self.dimensions: set[tuple[str, ...]] = set()

    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, Any]]) -> None:
        assert Namespace == OURS
        self.metrics |= {each["MetricName"] for each in MetricData}
        self.dimensions |= {tuple(d["Name"] for d in each["Dimensions"]) for each in MetricData}


class Groups:
    """The account's one Auto Scaling group."""

    def describe_auto_scaling_groups(self, **_filters: Any) -> dict[str, Any]:
        return {"AutoScalingGroups": [{"DesiredCapacity": 1, "Instances": []}]}


def answers(_host: str, _port: int, path: str) -> Any:
    """Services of a leader that is well and knows everything."""
    if path == "/":
        probe = {"latency_seconds": 1, "distributed_latency_seconds": 1}
        counts = {"healthy": True, "sessions": 1, "operations": 1, "workers_alive": 1}
        return {**counts, "probe": probe, "application": {"id": "app-1"}}
    if path.endswith("/executors"):
        return []
    return {"gauges": {f"a.driver.jvm.heap.{each}": {"value": 1} for each in ("max", "used")}}


@functools.cache
def leader() -> Put:
    """Everything that a leader ever puts: by its own program, which asks everybody."""
    put = Put()
    (launch, *_) = whole("example").of("LaunchTemplate")
    document = boot.parse(base64.b64decode(launch.inputs["userData"]).decode())
    Reporter(document, put, Groups(), answers).report()
    return put


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


def watched() -> list[tuple[str, str, set[str]]]:
    """Of every alarm of a stack with everything in it: namespace, metric, dimensions."""
    alarms = [*made().of("MetricAlarm"), *build(lambda: chaos("two")).of("MetricAlarm")]
    inputs = [each.inputs for each in alarms]
    return [(each["namespace"], each["metricName"], set(each["dimensions"])) for each in inputs]


def shown() -> list[tuple[str, str, set[str]]]:
    """The same of every line of the dashboard."""
    lines = [
        line
        for widget in body()["widgets"]
        if widget["type"] == "metric"
        for line in widget["properties"]["metrics"]
    ]
    return [(line[0], line[1], set(line[2::2])) for line in lines]


def test_the_dashboard_shows_everything_that_leaders_put_and_nothing_else() -> None:
    ours = {metric for namespace, metric, _ in shown() if namespace == OURS}
    assert ours == leader().metrics


def test_every_alarm_is_about_something_that_is_put() -> None:
    ours = {metric for namespace, metric, _ in watched() if namespace == OURS}
    assert {"Healthy", "HeapAfterCollection", "Sessions", "WorkersMissing"} <= ours
    assert ours <= leader().metrics, "an alarm over nothing is never raised, or always"


def test_figures_are_asked_for_under_the_dimensions_that_they_are_put_under() -> None:
    """With one dimension more or less it is another metric, which has no data."""
    (names,) = leader().dimensions
    for namespace, metric, dimensions in [*watched(), *shown()]:
        expected = set(names) if namespace == OURS else {"LoadBalancer", "TargetGroup"}
        assert dimensions == expected, metric


def test_the_health_of_the_endpoint_is_watched_and_shown_as_the_balancer_sees_it() -> None:
    expected = ("AWS/NetworkELB", "HealthyHostCount", {"LoadBalancer", "TargetGroup"})
    assert {namespace for namespace, _, _ in watched()} == {OURS, "AWS/NetworkELB"}
    assert expected in watched()
    assert expected in shown()


def test_leaders_put_where_they_may() -> None:
    assert measures.NAMESPACE == OURS


def body() -> dict[str, Any]:
    text = dashboard(
        region=REGION,
        stack="prod",
        generations={
            each: at_balancer(f"x:loadbalancer/net/c/{each}", f"x:targetgroup/{each}/1")
            for each in ("blue", "green")
        },
        log_groups=["/millrace/prod/blue"],
        audit_log_group="/millrace/prod/audit/queries",
    )
    parsed: dict[str, Any] = json.loads(text)
    return parsed


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
