"""Lifecycle hooks hold instances on their way in and out of a group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Hooks = Callable[..., list[dict[str, Any]]]


def _complete(network: Any, hook: str, instance: str, result: str = "CONTINUE") -> None:
    network.cloud.autoscaling.complete_lifecycle_action(
        AutoScalingGroupName="workers",
        LifecycleHookName=hook,
        InstanceId=instance,
        LifecycleActionResult=result,
    )


def test_without_hooks_an_instance_is_in_service_at_once(network: Any) -> None:
    network.group()
    assert list(network.members().values()) == ["InService"]


def test_a_hook_given_with_the_group_holds_its_first_instance(network: Any, hooks: Hooks) -> None:
    network.group(LifecycleHookSpecificationList=hooks("LAUNCHING"))
    [(instance, state)] = network.members().items()
    assert state == "Pending:Wait"
    assert network.state(instance) == "running", "the machine boots while the hook waits"
    [row] = network.cloud.autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]
    assert row["LifecycleState"] == "Pending:Wait"


def test_completing_the_launch_hook_puts_the_instance_in_service(
    network: Any, hooks: Hooks
) -> None:
    network.group(LifecycleHookSpecificationList=hooks("LAUNCHING"))
    [instance] = network.members()
    _complete(network, "on-launching", instance)
    assert network.members() == {instance: "InService"}


def test_abandoning_the_launch_hook_replaces_the_instance(network: Any, hooks: Hooks) -> None:
    network.group(LifecycleHookSpecificationList=hooks("LAUNCHING"))
    [instance] = network.members()
    _complete(network, "on-launching", instance, "ABANDON")
    assert instance not in network.members()
    assert list(network.members().values()) == ["Pending:Wait"]
    assert network.state(instance) == "terminated"


@pytest.mark.parametrize(("result", "stays"), [("CONTINUE", True), ("ABANDON", False)])
def test_a_launch_hook_that_times_out_takes_its_default_result(
    network: Any, hooks: Hooks, result: str, stays: bool
) -> None:
    network.group(LifecycleHookSpecificationList=hooks("LAUNCHING", timeout=60, result=result))
    [instance] = network.members()
    network.cloud.after(59)
    assert network.members() == {instance: "Pending:Wait"}
    network.cloud.after(2)
    assert (network.members().get(instance) == "InService") is stays


def test_a_heartbeat_starts_the_timeout_again(network: Any, hooks: Hooks) -> None:
    network.group(LifecycleHookSpecificationList=hooks("LAUNCHING", timeout=60))
    [instance] = network.members()
    network.cloud.after(50)
    network.cloud.autoscaling.record_lifecycle_action_heartbeat(
        AutoScalingGroupName="workers", LifecycleHookName="on-launching", InstanceId=instance
    )
    network.cloud.after(50)
    assert network.members() == {instance: "Pending:Wait"}
    network.cloud.after(11)
    assert instance not in network.members()


def test_heartbeats_cannot_hold_longer_than_two_days(network: Any, hooks: Hooks) -> None:
    network.group(LifecycleHookSpecificationList=hooks("LAUNCHING", timeout=7200))
    [instance] = network.members()
    for _ in range(26):
        if instance not in network.members():
            break
        network.cloud.autoscaling.record_lifecycle_action_heartbeat(
            AutoScalingGroupName="workers", LifecycleHookName="on-launching", InstanceId=instance
        )
        network.cloud.after(7199)
    assert instance not in network.members()


def test_the_terminate_hook_keeps_the_machine_running(network: Any, hooks: Hooks) -> None:
    network.group(LifecycleHookSpecificationList=hooks("TERMINATING"))
    [instance] = network.members()
    network.cloud.autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=instance, ShouldDecrementDesiredCapacity=True
    )
    assert network.members() == {instance: "Terminating:Wait"}
    assert network.state(instance) == "running"
    _complete(network, "on-terminating", instance)
    assert network.members() == {}
    assert network.state(instance) == "terminated"


def test_a_terminating_instance_is_replaced_before_it_is_gone(network: Any, hooks: Hooks) -> None:
    network.group(LifecycleHookSpecificationList=hooks("TERMINATING"))
    [instance] = network.members()
    network.cloud.autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=instance, ShouldDecrementDesiredCapacity=False
    )
    states = network.members()
    assert states.pop(instance) == "Terminating:Wait"
    assert list(states.values()) == ["InService"]


def test_scale_in_goes_through_the_hook(network: Any, hooks: Hooks) -> None:
    network.group(DesiredCapacity=2, LifecycleHookSpecificationList=hooks("TERMINATING"))
    network.cloud.autoscaling.set_desired_capacity(
        AutoScalingGroupName="workers", DesiredCapacity=0
    )
    assert list(network.members().values()) == ["Terminating:Wait"] * 2
    network.cloud.after(61)
    assert network.members() == {}


def test_an_instance_that_never_served_leaves_without_the_terminate_hook(
    network: Any, hooks: Hooks
) -> None:
    network.group(LifecycleHookSpecificationList=hooks("LAUNCHING", "TERMINATING"))
    network.cloud.autoscaling.set_desired_capacity(
        AutoScalingGroupName="workers", DesiredCapacity=0
    )
    assert network.members() == {}


def test_two_launch_hooks_must_both_complete(network: Any, hooks: Hooks) -> None:
    first, second = hooks("LAUNCHING") + hooks("LAUNCHING")
    second["LifecycleHookName"] = "second"
    network.group(LifecycleHookSpecificationList=[first, second])
    [instance] = network.members()
    _complete(network, "second", instance)
    assert network.members() == {instance: "Pending:Wait"}
    _complete(network, "on-launching", instance)
    assert network.members() == {instance: "InService"}


def test_hooks_are_described_exactly_as_given(network: Any) -> None:
    network.group(DesiredCapacity=0)
    given = {
        "LifecycleHookName": "drain",
        "AutoScalingGroupName": "workers",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "HeartbeatTimeout": 120,
        "DefaultResult": "CONTINUE",
    }
    network.cloud.autoscaling.put_lifecycle_hook(**given)
    found = network.cloud.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="workers")
    assert found["LifecycleHooks"] == [{**given, "GlobalTimeout": 12_000}]


def test_deleting_a_hook_lets_go_of_what_it_holds(network: Any, hooks: Hooks) -> None:
    network.group(LifecycleHookSpecificationList=hooks("LAUNCHING"))
    network.cloud.autoscaling.delete_lifecycle_hook(
        AutoScalingGroupName="workers", LifecycleHookName="on-launching"
    )
    assert list(network.members().values()) == ["InService"]


def test_completing_what_is_not_waiting_is_refused(network: Any, hooks: Hooks) -> None:
    network.group(LifecycleHookSpecificationList=hooks("LAUNCHING"))
    [instance] = network.members()
    _complete(network, "on-launching", instance)
    with pytest.raises(ClientError, match="No active Lifecycle Action"):
        _complete(network, "on-launching", instance)
