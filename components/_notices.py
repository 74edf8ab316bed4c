"""The second path of notices: EventBridge rules that fill a queue which the leader empties.

A notice of EC2 cannot be filtered by tag: rules see those of every machine in the account and
region, and the leader knows which are its own. Events of the group are filtered by its name.
"""

from __future__ import annotations

import json
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from lakehouse import fleet_policies, policies
from lakehouse.names import RULE_NAME, fit

OF_MACHINES: Final = (
    "EC2 Instance Rebalance Recommendation",
    "EC2 Spot Instance Interruption Warning",
)
OF_GROUPS: Final = (
    "EC2 Instance Launch Successful",
    "EC2 Instance Launch Unsuccessful",
    "EC2 Instance Terminate Successful",
    "EC2 Instance-terminate Lifecycle Action",
)

KEPT: Final = 600
"""Seconds that a message waits for a leader: older notices are about machines that are gone."""

HIDDEN: Final = 30
"""Seconds after which a message that was taken and not deleted is given out again."""


def notices(
    parent: LakehouseComponent, queue_name: str, group_name: pulumi.Output[str]
) -> aws.sqs.Queue:
    """A queue of that name, encrypted by SQS, with what is told of the group's machines."""
    suffix = "notices"
    queue = aws.sqs.Queue(
        parent.child(suffix),
        # Told to the leader before it exists: machines do not wait for it.
        name=queue_name,
        sqs_managed_sse_enabled=True,
        message_retention_seconds=KEPT,
        visibility_timeout_seconds=HIDDEN,
        tags=parent.tags(suffix),
        opts=parent.child_opts(),
    )
    rules = [
        _rule(
            parent,
            "spot-notices",
            queue,
            pulumi.Output.from_input({"source": ["aws.ec2"], "detail-type": list(OF_MACHINES)}),
            "Spot machines that are at risk or taken back",
        ),
        _rule(
            parent,
            "group-notices",
            queue,
            group_name.apply(
                lambda name: {
                    "source": ["aws.autoscaling"],
                    "detail-type": list(OF_GROUPS),
                    "detail": {"AutoScalingGroupName": [name]},
                }
            ),
            "Workers that come and go",
        ),
    ]
    aws.sqs.QueuePolicy(
        parent.child(suffix),
        queue_url=queue.url,
        policy=pulumi.Output.all(queue.arn, *(each.arn for each in rules)).apply(
            lambda arns: policies.as_json(fleet_policies.notices_queue(arns[0], arns[1:]))
        ),
        opts=parent.child_opts(),
    )
    return queue


def _rule(
    parent: LakehouseComponent,
    suffix: str,
    queue: aws.sqs.Queue,
    pattern: pulumi.Output[dict[str, Any]],
    description: str,
) -> aws.cloudwatch.EventRule:
    rule = aws.cloudwatch.EventRule(
        fit(parent.child(suffix), RULE_NAME),
        description=description,
        event_pattern=pattern.apply(lambda each: json.dumps(each, sort_keys=True)),
        tags=parent.tags(suffix),
        opts=parent.child_opts(),
    )
    aws.cloudwatch.EventTarget(
        parent.child(suffix), rule=rule.name, arn=queue.arn, opts=parent.child_opts()
    )
    return rule
