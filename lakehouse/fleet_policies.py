"""IAM documents about a leader's fleet: changing it, and hearing of its machines."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.policies import VERSION, Account, Document


def change(account: Account, group_pattern: str) -> list[Document]:
    """Size, market and zones of one group. Launching stays the group's own right."""
    return [
        {
            "Sid": "OwnFleet",
            "Effect": "Allow",
            "Action": [
                "autoscaling:SetDesiredCapacity",
                "autoscaling:TerminateInstanceInAutoScalingGroup",
                "autoscaling:UpdateAutoScalingGroup",
            ],
            "Resource": account.arn(
                "autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{group_pattern}"
            ),
        },
        {
            # These have no resource type (service authorization reference).
            "Sid": "SeeFleet",
            "Effect": "Allow",
            "Action": "ec2:DescribeInstances",
            "Resource": "*",
        },
    ]


def take_notices(queue_arn: str) -> Document:
    """Messages may be taken out of one queue, and none put in."""
    return {
        "Sid": "OwnNotices",
        "Effect": "Allow",
        "Action": ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
        "Resource": queue_arn,
    }


def notices_queue(queue_arn: str, rule_arns: Sequence[str]) -> Document:
    """Policy of that queue: these rules alone may fill it, and nobody without encryption."""
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "RulesFillIt",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": sorted(rule_arns)}},
            },
            {
                "Sid": "EncryptedOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": queue_arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }
