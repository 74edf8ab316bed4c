"""IAM documents of the service that records connections: one log group, for this account's logs."""

from __future__ import annotations

from lakehouse.policies import VERSION, Account, Document

SERVICE = "vpc-flow-logs.amazonaws.com"


def trust(account: Account) -> Document:
    """Flow logs of this account and region may take the role, and nobody's else.

    Conditions against the confused deputy are as the VPC user guide writes them.
    """
    return _document(
        {
            "Sid": "FlowLogs",
            "Effect": "Allow",
            "Principal": {"Service": SERVICE},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account.account_id},
                "ArnLike": {"aws:SourceArn": account.arn("ec2", "vpc-flow-log/*")},
            },
        }
    )


def write(account: Account, log_group: str) -> Document:
    """What the role may do: add records to one group. The group is made by the stack."""
    group = account.arn("logs", f"log-group:{log_group}")
    return _document(
        {
            "Sid": "Records",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Resource": [group, f"{group}:*"],
        },
        {
            "Sid": "FindGroup",
            "Effect": "Allow",
            "Action": "logs:DescribeLogGroups",
            # What the question is about, and not the groups that it may find.
            "Resource": account.arn("logs", "log-group::log-stream:*"),
        },
    )


def _document(*statements: Document) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}
