"""Completing the hooks of a machine's Auto Scaling group."""

from __future__ import annotations

from typing import Any

from node import lifecycle
from node.instance import Instance


def test_a_hook_that_does_not_wait_is_no_fault(instance: Instance, autoscaling: Any) -> None:
    client, stub = autoscaling
    stub.add_client_error(
        "complete_lifecycle_action",
        "ValidationError",
        "No active Lifecycle Action found with instance ID i-1",
    )
    assert lifecycle.complete(client, hook="ready", instance=instance) is False


def test_the_group_is_asked_for_when_tags_do_not_tell(autoscaling: Any) -> None:
    client, stub = autoscaling
    stub.add_response(
        "describe_auto_scaling_instances",
        {
            "AutoScalingInstances": [
                {
                    "InstanceId": "i-1",
                    "AutoScalingGroupName": "workers",
                    "AvailabilityZone": "a",
                    "LifecycleState": "Pending:Wait",
                    "HealthStatus": "HEALTHY",
                    "ProtectedFromScaleIn": False,
                }
            ]
        },
        {"InstanceIds": ["i-1"]},
    )
    assert lifecycle.group_of(client, Instance(instance_id="i-1", private_ip="x")) == "workers"


def test_a_machine_of_no_group_has_no_hook(autoscaling: Any) -> None:
    client, stub = autoscaling
    stub.add_response("describe_auto_scaling_instances", {"AutoScalingInstances": []})
    alone = Instance(instance_id="i-1", private_ip="x")
    assert lifecycle.complete(client, hook="ready", instance=alone) is False
