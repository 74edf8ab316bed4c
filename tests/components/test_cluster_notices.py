"""Cluster: what EventBridge says of its machines reaches its leader, and nobody else's does."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lakehouse import boot
from tests.components.programs import cluster
from tests.components.recorder import Recorded, build


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return build(lambda: cluster("blue"))


def pattern(recorded: Recorded, suffix: str) -> dict[str, Any]:
    return dict(json.loads(recorded.one("EventRule", suffix).inputs["eventPattern"]))


def test_the_queue_is_encrypted_and_forgets_old_notices(recorded: Recorded) -> None:
    queue = recorded.one("Queue").inputs
    assert queue["sqsManagedSseEnabled"] is True
    assert queue["messageRetentionSeconds"] <= 900


def test_both_kinds_of_notices_of_spot_are_heard(recorded: Recorded) -> None:
    asked = pattern(recorded, "spot-notices")
    assert asked["source"] == ["aws.ec2"]
    assert asked["detail-type"] == [
        "EC2 Instance Rebalance Recommendation",
        "EC2 Spot Instance Interruption Warning",
    ]


def test_of_groups_only_its_own_workers_is_heard(recorded: Recorded) -> None:
    [name] = pattern(recorded, "group-notices")["detail"]["AutoScalingGroupName"]
    assert "worker" in name
    assert name == "blue-worker-1234567"


def test_every_rule_fills_the_queue_and_only_these_may(recorded: Recorded) -> None:
    rules = recorded.of("EventRule")
    targets = recorded.of("EventTarget")
    assert len(rules) == len(targets) == 2
    policy = json.loads(recorded.one("QueuePolicy").inputs["policy"])
    fill, encrypted = policy["Statement"]
    assert fill["Principal"] == {"Service": "events.amazonaws.com"}
    assert len(fill["Condition"]["ArnEquals"]["aws:SourceArn"]) == 2
    assert (encrypted["Effect"], encrypted["Principal"]) == ("Deny", "*")
    assert {each.inputs["arn"] for each in targets} == {fill["Resource"]}


def test_the_leader_alone_is_told_the_queue_s_name(recorded: Recorded) -> None:
    told = {}
    for role in ("leader", "worker"):
        data = recorded.one("LaunchTemplate", role).inputs["userData"]
        told[role] = boot.parse(base64.b64decode(data).decode()).notices_queue
    assert told == {"leader": recorded.one("Queue").inputs["name"], "worker": ""}
