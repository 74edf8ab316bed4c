"""What may pass an endpoint of AWS in the VPC: this account's principals, and what they come for.

An endpoint's policy gives nobody a right. It is what a stolen key of another account, or a machine
of ours with rights it should not have, meets on its way out: the network is no way to carry data
to somebody else's bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lakehouse.policies import VERSION, Account, Document

WITHOUT_POLICY: Final = frozenset({"route53"})
"""Services that are given none. Route 53's endpoint is in another region and of the global
service; AWS documents no policy for it. A leader's role names the one record it may change."""

_ANY: Final = ""

_RIGHTS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    # Lifecycle of machines, and the autoscaler on the leader. Describing has no resource type.
    "autoscaling": {
        "autoScalingGroup:*": (
            "autoscaling:CompleteLifecycleAction",
            "autoscaling:RecordLifecycleActionHeartbeat",
            "autoscaling:SetDesiredCapacity",
            "autoscaling:TerminateInstanceInAutoScalingGroup",
            "autoscaling:UpdateAutoScalingGroup",
        ),
        _ANY: ("autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances"),
    },
    # The autoscaler looks at the market and the zones of its machines.
    "ec2": {_ANY: ("ec2:DescribeInstances",)},
    # Agents of Systems Manager before 3.3.40 ask here for what later ones get by ssmmessages.
    "ec2messages": {
        _ANY: (
            "ec2messages:AcknowledgeMessage",
            "ec2messages:DeleteMessage",
            "ec2messages:FailMessage",
            "ec2messages:GetEndpoint",
            "ec2messages:GetMessages",
            "ec2messages:SendReply",
        )
    },
    # A Spark that reads as a reader finds tables in Glue's Iceberg REST catalog.
    "glue": {
        "*": (
            "glue:GetCatalog",
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:GetTable",
            "glue:GetTables",
        )
    },
    # S3 uses the tables' key on behalf of whoever reads or writes.
    "kms": {"key/*": ("kms:Decrypt", "kms:GenerateDataKey")},
    # ... and is handed credentials for a table by Lake Formation.
    "lakeformation": {_ANY: ("lakeformation:GetDataAccess",)},
    # Machines and the record of queries add lines.
    "logs": {
        "log-group:*": ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
    },
    # The leader's figures.
    "monitoring": {_ANY: ("cloudwatch:PutMetricData",)},
    # Namespaces, tables and where their metadata is; data goes by S3.
    "s3tables": {
        "bucket/*": (
            "s3tables:CreateNamespace",
            "s3tables:CreateTable",
            "s3tables:DeleteNamespace",
            "s3tables:DeleteTable",
            "s3tables:GetNamespace",
            "s3tables:GetTable",
            "s3tables:GetTableBucket",
            "s3tables:GetTableData",
            "s3tables:GetTableMetadataLocation",
            "s3tables:ListNamespaces",
            "s3tables:ListTables",
            "s3tables:PutTableData",
            "s3tables:RenameTable",
            "s3tables:UpdateTableMetadataLocation",
        )
    },
    # Certificate, tokens and Spark's secret, read at boot.
    "secretsmanager": {"secret:*": ("secretsmanager:GetSecretValue",)},
    # The leader hears of its machines by a queue.
    "sqs": {"*": ("sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage")},
    # Session Manager: presence here, the session itself by ssmmessages.
    "ssm": {_ANY: ("ssm:UpdateInstanceInformation",)},
    "ssmmessages": {
        _ANY: (
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
        )
    },
    # A Spark that reads as a reader takes its role.
    "sts": {_ANY: ("sts:AssumeRole", "sts:GetCallerIdentity")},
}
"""Service -> resource below the account's ARN of that service, or any -> actions."""

_OBJECTS: Final = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)

_TABLE_OBJECTS: Final = ("s3tables:GetTableData", "s3tables:PutTableData")
"""How S3 calls the same where a bucket is a table's (S3 user guide, access to table buckets)."""


def gateway(account: Account) -> Document:
    """Policy of the gateway to S3: objects of this account, by principals of this account.

    Buckets behind tables have names that AWS chooses, so accounts are named and not buckets.
    Nothing else is fetched by this way: an image holds all that a machine needs to boot.
    """
    return _document(
        {
            "Sid": "TableFiles",
            "Effect": "Allow",
            "Principal": "*",
            "Action": [*_OBJECTS, *_TABLE_OBJECTS],
            "Resource": "*",
            "Condition": {
                "StringEquals": {
                    "aws:PrincipalAccount": account.account_id,
                    "aws:ResourceAccount": account.account_id,
                }
            },
        }
    )


def interface(service: str, account: Account) -> Document | None:
    """Policy of a service's interface endpoint; nothing for those that take none.

    `service` is written as in `network.interface_services`. One that machines of ours do not use
    is for everything that principals of this account may do.
    """
    name = service.partition("@")[0]
    if name in WITHOUT_POLICY:
        return None
    if name not in _RIGHTS:
        return of_account(account)
    return _document(
        *(
            _statement(f"Way{number}", actions, _arn(account, name, resource), account)
            for number, (resource, actions) in enumerate(_RIGHTS[name].items(), start=1)
        )
    )


def of_account(account: Account) -> Document:
    """Policy of an endpoint that others use, too: principals of this account, as IAM lets them."""
    return _document(_statement("ThisAccount", ("*",), "*", account))


def _arn(account: Account, service: str, resource: str) -> str:
    return account.arn(service, resource) if resource else "*"


def _statement(sid: str, actions: tuple[str, ...], resource: str, account: Account) -> Document:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": "*",
        "Action": list(actions) if actions != ("*",) else "*",
        "Resource": resource,
        "Condition": {"StringEquals": {"aws:PrincipalAccount": account.account_id}},
    }


def _document(*statements: Document) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}
