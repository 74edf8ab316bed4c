"""The spot market as tests script it: prices, and what EventBridge hears of instances."""

from __future__ import annotations

import json
from typing import Any

import pytest


def types(network: Any) -> list[str]:
    return sorted(each["InstanceType"] for each in network.instances())


# Prices


def test_the_cheapest_pool_with_room_is_taken(network: Any) -> None:
    network.cloud.local("PUT", "prices", {"t3.small": 0.009, "t3a.small": 0.007})
    network.group(
        DesiredCapacity=2, MixedInstancesPolicy=network.spot_policy("t3.small", "t3a.small")
    )
    assert types(network) == ["t3a.small", "t3a.small"]


def test_a_price_that_changes_moves_what_launches_next(network: Any) -> None:
    policy = network.spot_policy("t3.small", "t3a.small")
    network.cloud.local("PUT", "prices", {"t3.small": 0.007, "t3a.small": 0.009})
    network.group(DesiredCapacity=1, MixedInstancesPolicy=policy)
    network.cloud.local("PUT", "prices", {"t3.small": 0.012})
    network.cloud.autoscaling.set_desired_capacity(
        AutoScalingGroupName="workers", DesiredCapacity=2
    )
    assert types(network) == ["t3.small", "t3a.small"], "what runs stays where it is"


def test_a_price_may_be_of_one_zone(network: Any) -> None:
    network.cloud.local("PUT", "prices", {"t3.small": 0.007, "t3.small@eu-central-1b": 0.5})
    network.group(
        DesiredCapacity=2, MixedInstancesPolicy=network.spot_policy("t3a.small", "t3.small")
    )
    found = {each["Placement"]["AvailabilityZone"]: each for each in network.instances()}
    assert found["eu-central-1a"]["InstanceType"] == "t3.small"
    assert found["eu-central-1b"]["InstanceType"] == "t3a.small"


def test_a_cheap_pool_without_room_is_passed_over(network: Any) -> None:
    network.cloud.local("PUT", "prices", {"t3a.small": 0.001})
    network.cloud.local("PUT", "capacity", {"t3a.small": 1})
    network.group(
        DesiredCapacity=2, MixedInstancesPolicy=network.spot_policy("t3.small", "t3a.small")
    )
    assert types(network) == ["t3.small", "t3a.small"]


def test_on_demand_asks_no_price(network: Any) -> None:
    network.cloud.local("PUT", "prices", {"t3a.small": 0.001})
    policy = network.spot_policy("t3.small", "t3a.small", percentage=100)
    network.group(DesiredCapacity=1, MixedInstancesPolicy=policy)
    assert types(network) == ["t3.small"], "the first type is preferred"


def test_prices_are_told_and_taken_away(network: Any) -> None:
    assert network.cloud.local("PUT", "prices", {"t3.small": 1}) == {"t3.small": 1.0}
    assert network.cloud.local("GET", "prices") == {"t3.small": 1.0}
    assert network.cloud.local("PUT", "prices", {"t3.small": None}) == {}


@pytest.mark.parametrize("price", [0, -1, "cheap"])
def test_what_is_no_price_is_refused(network: Any, price: Any) -> None:
    status, told = network.cloud.local_status("PUT", "prices", {"t3.small": price})
    assert status == 400
    assert f"t3.small = {price}" in told["error"]


# Events


class Heard:
    """A queue behind a rule, as EventBridge fills it."""

    def __init__(self, cloud: Any, pattern: dict[str, Any]) -> None:
        self._sqs = cloud.sqs
        self._url = self._sqs.create_queue(QueueName="heard")["QueueUrl"]
        asked = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        cloud.events.put_rule(Name="heard", EventPattern=json.dumps(pattern))
        cloud.events.put_targets(
            Rule="heard", Targets=[{"Id": "queue", "Arn": asked["Attributes"]["QueueArn"]}]
        )

    def messages(self) -> list[Any]:
        found = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        return [json.loads(each["Body"]) for each in found.get("Messages", [])]


def test_a_notice_is_an_event_too(network: Any) -> None:
    heard = Heard(network.cloud, {"source": ["aws.ec2"]})
    network.group(MixedInstancesPolicy=network.spot_policy("t3.small"))
    [instance] = network.members()
    network.cloud.local("POST", "rebalance", {"instance_id": instance})
    network.cloud.local("POST", "spot-interruptions", {"instance_id": instance})
    rebalance, warning = heard.messages()
    assert rebalance["detail-type"] == "EC2 Instance Rebalance Recommendation"
    assert warning["detail-type"] == "EC2 Spot Instance Interruption Warning"
    assert warning["detail"] == {"instance-id": instance, "instance-action": "terminate"}
    assert warning["resources"][0].endswith(f":instance/{instance}")


def test_an_end_without_notice_is_no_warning(network: Any) -> None:
    heard = Heard(network.cloud, {"source": ["aws.ec2"]})
    network.group(MixedInstancesPolicy=network.spot_policy("t3.small"))
    [instance] = network.members()
    network.cloud.local("POST", "spot-interruptions", {"instance_id": instance, "notice": False})
    assert heard.messages() == []


def test_a_group_tells_of_its_comings_and_goings(network: Any, hooks: Any) -> None:
    heard = Heard(network.cloud, {"detail": {"AutoScalingGroupName": ["workers"]}})
    network.group(LifecycleHookSpecificationList=hooks("TERMINATING"))
    [instance] = network.members()
    network.cloud.autoscaling.set_desired_capacity(
        AutoScalingGroupName="workers", DesiredCapacity=0
    )
    network.cloud.after(61)
    came, leaving, gone = heard.messages()
    assert came["detail-type"] == "EC2 Instance Launch Successful"
    assert leaving["detail-type"] == "EC2 Instance-terminate Lifecycle Action"
    assert leaving["detail"]["LifecycleHookName"] == "on-terminating"
    assert gone["detail-type"] == "EC2 Instance Terminate Successful"
    assert {each["detail"]["EC2InstanceId"] for each in (came, leaving, gone)} == {instance}


def test_a_shortage_is_told(network: Any) -> None:
    heard = Heard(network.cloud, {"detail-type": ["EC2 Instance Launch Unsuccessful"]})
    network.cloud.local("PUT", "capacity", {"t3.small": 0})
    network.group(MixedInstancesPolicy=network.spot_policy("t3.small"))
    [told] = heard.messages()
    assert "no capacity for t3.small" in told["detail"]["StatusMessage"]
