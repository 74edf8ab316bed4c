"""What EC2 and Auto Scaling tell EventBridge, in AWS's form, so that rules and queues get it.

Forms: EC2 user guide, "Spot Instance interruption notices" and "EC2 instance rebalance
recommendations"; Auto Scaling user guide, "EventBridge event reference".
"""

from __future__ import annotations

import json
from typing import Any, Final

from moto.events.models import events_backends

from local.account import clock
from local.account.environment import ACCOUNT_ID

INTERRUPTION: Final = "EC2 Spot Instance Interruption Warning"
REBALANCE: Final = "EC2 Instance Rebalance Recommendation"
LAUNCHED: Final = "EC2 Instance Launch Successful"
NOT_LAUNCHED: Final = "EC2 Instance Launch Unsuccessful"
LEAVING: Final = "EC2 Instance-terminate Lifecycle Action"
TERMINATED: Final = "EC2 Instance Terminate Successful"


def interruption(instance: Any, action: str) -> None:
    """Spot takes an instance back."""
    _of_instance(instance, INTERRUPTION, {"instance-id": instance.id, "instance-action": action})


def rebalance(instance: Any) -> None:
    """Spot recommends to leave an instance."""
    _of_instance(instance, REBALANCE, {"instance-id": instance.id})


def of_group(group: Any, kind: str, instance_id: str = "", **detail: str) -> None:
    """A group did something with an instance, or could not."""
    named = {"EC2InstanceId": instance_id} if instance_id else {}
    _put(
        group.region,
        source="aws.autoscaling",
        kind=kind,
        resources=[group.arn],
        detail={"AutoScalingGroupName": group.name, **named, **detail},
    )


def _of_instance(instance: Any, kind: str, detail: dict[str, str]) -> None:
    region = instance.ec2_backend.region_name
    arn = f"arn:aws:ec2:{region}:{ACCOUNT_ID}:instance/{instance.id}"
    _put(region, source="aws.ec2", kind=kind, resources=[arn], detail=detail)


def _put(
    region: str, *, source: str, kind: str, resources: list[str], detail: dict[str, str]
) -> None:
    entry = {
        "Source": source,
        "DetailType": kind,
        "Resources": resources,
        "Detail": json.dumps(detail),
        "Time": clock.now(),
    }
    events_backends[ACCOUNT_ID][region].put_events([entry])
