"""Spot: markets, pools that run dry, notices and what follows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Hooks = Callable[..., list[dict[str, Any]]]


def _markets(network: Any) -> list[tuple[str, str]]:
    running = [each for each in network.instances() if each["State"]["Name"] == "running"]
    found = [(each.get("InstanceLifecycle", "on-demand"), each["InstanceType"]) for each in running]
    return sorted(found)


@pytest.mark.parametrize(
    ("desired", "base", "percentage", "on_demand"),
    [(4, 0, 0, 0), (4, 1, 0, 1), (4, 0, 100, 4), (4, 0, 50, 2), (4, 1, 50, 3), (3, 0, 50, 2)],
)
def test_the_policy_decides_how_many_are_spot(
    network: Any, desired: int, base: int, percentage: int, on_demand: int
) -> None:
    policy = network.spot_policy("t3.small", base=base, percentage=percentage)
    network.group(DesiredCapacity=desired, MixedInstancesPolicy=policy)
    markets = [market for market, _ in _markets(network)]
    assert markets.count("on-demand") == on_demand
    assert markets.count("spot") == desired - on_demand


def test_a_group_without_a_policy_is_on_demand(network: Any) -> None:
    network.group()
    assert _markets(network) == [("on-demand", "t3.small")]


def test_a_pool_without_room_sends_launches_to_the_next(network: Any) -> None:
    network.cloud.local("PUT", "capacity", {"t3.small": 1})
    policy = network.spot_policy("t3.small", "t3.medium")
    network.group(DesiredCapacity=3, MixedInstancesPolicy=policy)
    assert _markets(network) == [("spot", "t3.medium"), ("spot", "t3.medium"), ("spot", "t3.small")]


def test_a_limit_can_be_of_one_zone(network: Any) -> None:
    network.cloud.local("PUT", "capacity", {"t3.small@eu-central-1a": 0})
    network.group(DesiredCapacity=2, MixedInstancesPolicy=network.spot_policy("t3.small"))
    zones = {each["Placement"]["AvailabilityZone"] for each in network.instances()}
    assert zones == {"eu-central-1b"}


def test_without_capacity_nothing_launches_and_an_activity_says_so(network: Any) -> None:
    network.cloud.local("PUT", "capacity", {"t3.small": 0})
    network.group(MixedInstancesPolicy=network.spot_policy("t3.small"))
    assert network.members() == {}
    found = network.cloud.autoscaling.describe_scaling_activities(AutoScalingGroupName="workers")
    [activity] = found["Activities"]
    assert activity["StatusCode"] == "Failed"
    assert "no capacity for t3.small" in activity["StatusMessage"]


def test_the_same_shortage_is_one_activity_however_long_it_lasts(network: Any) -> None:
    network.cloud.local("PUT", "capacity", {"t3.small": 0})
    network.group(MixedInstancesPolicy=network.spot_policy("t3.small"))
    for _ in range(5):
        network.cloud.after(60)
    found = network.cloud.autoscaling.describe_scaling_activities(AutoScalingGroupName="workers")
    assert len(found["Activities"]) == 1


def test_capacity_that_comes_back_is_used(network: Any) -> None:
    network.cloud.local("PUT", "capacity", {"t3.small": 0})
    network.group(MixedInstancesPolicy=network.spot_policy("t3.small"))
    network.cloud.local("PUT", "capacity", {"t3.small": None})
    assert list(network.members().values()) == ["InService"]


def test_a_notice_is_shown_and_kept(network: Any) -> None:
    network.group(MixedInstancesPolicy=network.spot_policy("t3.small"))
    [instance] = network.members()
    assert network.cloud.local("GET", f"instances/{instance}/notices") == {
        "instance_action": None,
        "rebalance": None,
    }
    network.cloud.local("POST", "spot-interruptions", {"instance_id": instance, "seconds": 120})
    told = network.cloud.local("GET", f"instances/{instance}/notices")
    assert told["instance_action"]["action"] == "terminate"
    assert told["instance_action"]["time"].endswith("Z")
    network.cloud.after(119)
    assert network.state(instance) == "running"
    network.cloud.after(2)
    assert network.state(instance) == "terminated"
    assert len(network.members()) == 1, "the group replaces it"


def test_without_notice_the_instance_ends_at_once(network: Any) -> None:
    network.group(MixedInstancesPolicy=network.spot_policy("t3.small"))
    [instance] = network.members()
    network.cloud.local(
        "POST", "spot-interruptions", {"instance_id": instance, "notice": False, "seconds": 120}
    )
    assert network.state(instance) == "terminated"


def test_an_interrupted_instance_does_not_wait_for_its_hook(network: Any, hooks: Hooks) -> None:
    network.group(
        MixedInstancesPolicy=network.spot_policy("t3.small"),
        LifecycleHookSpecificationList=hooks("TERMINATING", timeout=600),
    )
    [instance] = network.members()
    network.cloud.local("POST", "spot-interruptions", {"instance_id": instance, "seconds": 30})
    network.cloud.after(31)
    assert instance not in network.members()


def test_a_rebalance_finds_the_replacement_first(network: Any, hooks: Hooks) -> None:
    network.group(
        CapacityRebalance=True,
        MixedInstancesPolicy=network.spot_policy("t3.small"),
        LifecycleHookSpecificationList=hooks("LAUNCHING"),
    )
    [first] = network.members()
    network.cloud.autoscaling.complete_lifecycle_action(
        AutoScalingGroupName="workers",
        LifecycleHookName="on-launching",
        InstanceId=first,
        LifecycleActionResult="CONTINUE",
    )
    network.cloud.local("POST", "rebalance", {"instance_id": first})
    told = network.cloud.local("GET", f"instances/{first}/notices")
    assert told["rebalance"]["noticeTime"]
    states = network.members()
    assert states.pop(first) == "InService"
    [(second, state)] = states.items()
    assert state == "Pending:Wait"
    network.cloud.autoscaling.complete_lifecycle_action(
        AutoScalingGroupName="workers",
        LifecycleHookName="on-launching",
        InstanceId=second,
        LifecycleActionResult="CONTINUE",
    )
    assert network.members() == {second: "InService"}


def test_without_rebalancing_a_recommendation_changes_nothing(network: Any) -> None:
    network.group(MixedInstancesPolicy=network.spot_policy("t3.small"))
    [instance] = network.members()
    network.cloud.local("POST", "rebalance", {"instance_id": instance})
    network.cloud.after(600)
    assert network.members() == {instance: "InService"}


def test_scale_in_keeps_the_on_demand_base(network: Any) -> None:
    policy = network.spot_policy("t3.small", base=1)
    network.group(DesiredCapacity=4, MixedInstancesPolicy=policy)
    network.cloud.autoscaling.set_desired_capacity(
        AutoScalingGroupName="workers", DesiredCapacity=1
    )
    assert _markets(network) == [("on-demand", "t3.small")]


def test_an_on_demand_shortage_is_named_as_such(network: Any) -> None:
    network.cloud.local("PUT", "capacity", {"on-demand/t3.small": 0})
    network.group()
    found = network.cloud.autoscaling.describe_scaling_activities(AutoScalingGroupName="workers")
    assert "Could not launch On-Demand Instances" in found["Activities"][0]["StatusMessage"]
