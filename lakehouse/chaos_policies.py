"""IAM documents of experiments: what takes spot workers may take those alone."""

from __future__ import annotations

from collections.abc import Mapping

from lakehouse.policies import VERSION, Account, Document


def assume_by_fis(account: Account) -> Document:
    """Trust: experiments of this account and region may take the role, and of no other."""
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "fis.amazonaws.com"},
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account.account_id},
                    "ArnLike": {"aws:SourceArn": account.arn("fis", "experiment/*")},
                },
            }
        ],
    }


def experiments(account: Account, tags: Mapping[str, str]) -> Document:
    """Notices to, and ends of, machines that carry all of these tags."""
    return {
        "Version": VERSION,
        "Statement": [
            {
                # Looking has no resource type (service authorization reference).
                "Sid": "SeeMachines",
                "Effect": "Allow",
                "Action": "ec2:DescribeInstances",
                "Resource": "*",
            },
            {
                "Sid": "TakeWorkers",
                "Effect": "Allow",
                "Action": ["ec2:SendSpotInstanceInterruptions", "ec2:TerminateInstances"],
                "Resource": account.arn("ec2", "instance/*"),
                "Condition": {
                    "StringEquals": {
                        f"aws:ResourceTag/{key}": value for key, value in sorted(tags.items())
                    }
                },
            },
        ],
    }
