"""Traffic: connections are recorded into one group, by a role that may do nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakehouse.config.network import FlowLogsConfig
from tests.components.programs import traffic, whole
from tests.components.recorder import Recorded, build


def recorded(**changes: Any) -> Recorded:
    return build(lambda: traffic("one", **changes))


def test_a_vpc_that_is_built_is_recorded_whole() -> None:
    log = recorded().one("FlowLog").inputs
    assert log["vpcId"] == "vpc-1"
    assert "subnetId" not in log
    assert (log["trafficType"], log["maxAggregationInterval"]) == ("ALL", 600)


def test_records_go_to_the_group_of_the_stack_by_its_role() -> None:
    made = recorded()
    group, role = made.one("LogGroup"), made.one("Role")
    log = made.one("FlowLog").inputs
    assert group.inputs["name"] == "/millrace/example/network/flows"
    assert group.inputs["retentionInDays"] == 30
    assert log["logDestination"].endswith(f":{group.name}")
    assert log["iamRoleArn"].endswith(f":{role.name}")
    (first, _) = json.loads(made.one("RolePolicy").inputs["policy"])["Statement"]
    assert all("/millrace/example/network/flows" in each for each in first["Resource"])


@pytest.mark.parametrize("traffic_kind", ["all", "accept", "reject"])
def test_the_owner_chooses_what_and_how_fine_and_how_long(traffic_kind: str) -> None:
    shape = FlowLogsConfig(traffic=traffic_kind, interval_seconds=60, retention_days=7)
    made = recorded(shape=shape)
    log = made.one("FlowLog").inputs
    assert (log["trafficType"], log["maxAggregationInterval"]) == (traffic_kind.upper(), 60)
    assert made.one("LogGroup").inputs["retentionInDays"] == 7


def test_where_nothing_is_recorded_nothing_is_made() -> None:
    assert recorded(enabled=False).custom == []


def test_records_are_under_the_key_of_the_logs() -> None:
    group = whole("example").one("LogGroup", "-flows").inputs
    others = [each.inputs["kmsKeyId"] for each in whole("example").of("LogGroup")]
    assert {group["kmsKeyId"]} == set(others)
    assert "kmsKeyId" not in recorded().one("LogGroup").inputs, "where there is none"
