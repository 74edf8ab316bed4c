"""IAM documents as functions of the ARNs they are about: least privilege, and no Resource "*"
where AWS knows an ARN for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

Document = dict[str, Any]

VERSION: Final = "2012-10-17"

METRICS_NAMESPACE: Final = "Millrace"
"""Where leaders put their figures; they may put them nowhere else."""

MAINTENANCE: Final = "maintenance.s3tables.amazonaws.com"
"""The service that compacts tables; without the key it stops and tells nobody."""

_TABLE_DATA: Final = (
    "s3tables:CreateTable",
    "s3tables:DeleteTable",
    "s3tables:GetTable",
    "s3tables:GetTableData",
    "s3tables:GetTableMetadataLocation",
    "s3tables:PutTableData",
    "s3tables:RenameTable",
    "s3tables:UpdateTableMetadataLocation",
)
_BUCKET: Final = (
    "s3tables:CreateNamespace",
    "s3tables:DeleteNamespace",
    "s3tables:GetNamespace",
    "s3tables:GetTableBucket",
    "s3tables:ListNamespaces",
    "s3tables:ListTables",
)


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where ARNs are."""

    region: str
    account_id: str
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        """An ARN of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"


def assume_by_ec2() -> Document:
    """Trust: instances may take the role."""
    return _document(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "ec2.amazonaws.com"},
        }
    )


def table_key(*, account: Account, bucket_arns: Sequence[str]) -> Document:
    """Policy of the tables' key: the account decides by IAM, and maintenance may use it for
    tables of these buckets. A bucket that is missing here is not maintained, and nobody is told.
    """
    return _document(
        {
            "Sid": "AccountDecidesByIam",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{account.partition}:iam::{account.account_id}:root"},
            "Action": "kms:*",
            # In a key policy "*" is this key and nothing else (KMS developer guide).
            "Resource": "*",
        },
        {
            "Sid": "TableMaintenance",
            "Effect": "Allow",
            "Principal": {"Service": MAINTENANCE},
            "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
            "Resource": "*",
            "Condition": _for_tables_of(bucket_arns),
        },
    )


def leader(
    *,
    account: Account,
    secrets: Sequence[str],
    bucket_arns: Sequence[str],
    key_arn: str,
    zone_id: str,
    host: str,
    group_pattern: str,
    log_groups: Sequence[str],
    fleet: Sequence[Document] = (),
    reader_arn: str = "",
) -> Document:
    """What a leader may do: read its secrets, keep its one record, read and write tables; and
    with its workers what the statements of `fleet` say (`fleet_policies`).

    With a reader it takes that one's role instead, and may do nothing with tables itself.
    """
    return _document(
        _read_secrets(secrets),
        *([_read_as(reader_arn)] if reader_arn else _tables(bucket_arns, key_arn)),
        {
            "Sid": "OwnRecord",
            "Effect": "Allow",
            "Action": "route53:ChangeResourceRecordSets",
            "Resource": f"arn:{account.partition}:route53:::hostedzone/{zone_id}",
            "Condition": {
                "ForAllValues:StringEquals": {
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames": [host],
                    "route53:ChangeResourceRecordSetsRecordTypes": ["A"],
                }
            },
        },
        *fleet,
        *_figures(),
        *_machine(account, group_pattern, log_groups),
    )


def worker(
    *,
    account: Account,
    secrets: Sequence[str],
    bucket_arns: Sequence[str],
    key_arn: str,
    group_pattern: str,
    log_groups: Sequence[str],
    reader_arn: str = "",
) -> Document:
    """What a worker may do: as a leader, without the record, the certificate and the tokens.

    With a reader it needs nothing for tables: executors are handed the leader's credentials.
    """
    return _document(
        _read_secrets(secrets),
        *([] if reader_arn else _tables(bucket_arns, key_arn)),
        *_machine(account, group_pattern, log_groups),
    )


def _read_secrets(arns: Sequence[str]) -> Document:
    return {
        "Sid": "OwnSecrets",
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": sorted(arns),
    }


def _read_as(reader_arn: str) -> Document:
    """Instead of permissions on tables, which would let Spark pass by Lake Formation."""
    return {
        "Sid": "ReadAs",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": reader_arn,
    }


def _for_tables_of(bucket_arns: Sequence[str]) -> Document:
    """Condition: S3 Tables asks for the key for a table of one of these buckets."""
    return {"StringLike": {"kms:EncryptionContext:aws:s3:arn": [f"{arn}/*" for arn in bucket_arns]}}


def _tables(bucket_arns: Sequence[str], key_arn: str) -> list[Document]:
    return [
        {
            "Sid": "TableBucket",
            "Effect": "Allow",
            "Action": list(_BUCKET),
            "Resource": list(bucket_arns),
        },
        {
            "Sid": "TableData",
            "Effect": "Allow",
            "Action": list(_TABLE_DATA),
            "Resource": [each for arn in bucket_arns for each in (arn, f"{arn}/table/*")],
        },
        {
            "Sid": "TableKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": key_arn,
            "Condition": _for_tables_of(bucket_arns),
        },
    ]


def _figures() -> list[Document]:
    """What a leader needs to report: neither action knows a resource type."""
    return [
        {
            "Sid": "OwnFigures",
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": METRICS_NAMESPACE}},
        },
        {
            "Sid": "SeeWorkers",
            "Effect": "Allow",
            "Action": "autoscaling:DescribeAutoScalingGroups",
            "Resource": "*",
        },
    ]


def _logs(account: Account, groups: Sequence[str]) -> list[Document]:
    """Lines may be added to these groups, and none taken away."""
    arns = [account.arn("logs", f"log-group:{group}") for group in groups]
    if not arns:
        return []
    return [
        {
            "Sid": "OwnLogs",
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            "Resource": [each for arn in arns for each in (arn, f"{arn}:*")],
        }
    ]


def _machine(account: Account, group_pattern: str, log_groups: Sequence[str]) -> list[Document]:
    group = account.arn("autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{group_pattern}")
    return [
        {
            "Sid": "OwnLifecycle",
            "Effect": "Allow",
            "Action": [
                "autoscaling:CompleteLifecycleAction",
                "autoscaling:RecordLifecycleActionHeartbeat",
            ],
            "Resource": group,
        },
        *_logs(account, log_groups),
        {
            "Sid": "SessionManagerPresence",
            "Effect": "Allow",
            "Action": "ssm:UpdateInstanceInformation",
            "Resource": account.arn("ec2", "instance/*"),
        },
        {
            # These have no resource type (service authorization reference, SSM Messages).
            "Sid": "SessionManagerChannels",
            "Effect": "Allow",
            "Action": [
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ],
            "Resource": "*",
        },
    ]


def _document(*statements: Document) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}


def as_json(document: Document) -> str:
    """A document as text, keys sorted, so that equal documents are equal text."""
    return json.dumps(document, sort_keys=True)
