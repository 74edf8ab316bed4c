"""IAM documents of what watches the stack: keys, topic and trail, each for the one service."""

from __future__ import annotations

from lakehouse.policies import VERSION, Account, Document


def watch_key(account: Account, log_groups: str, alarms: str) -> Document:
    """Key of the logs and of the topic: for CloudWatch, where it keeps and tells ours."""
    return _document(
        _owner(account),
        {
            "Sid": "Logs",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{account.region}.amazonaws.com"},
            "Action": [
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
            "Resource": "*",
            "Condition": {
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": account.arn(
                        "logs", f"log-group:{log_groups}"
                    )
                }
            },
        },
        {
            "Sid": "Alarms",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {
                "ArnLike": {"aws:SourceArn": account.arn("cloudwatch", f"alarm:{alarms}")},
                "StringEquals": {"aws:SourceAccount": account.account_id},
            },
        },
    )


def topic(account: Account, topic_arn: str, alarms: str) -> Document:
    """Policy of the topic: alarms of this stack tell it, over TLS, and nobody else does."""
    return _document(
        {
            "Sid": "Alarms",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {
                "ArnLike": {"aws:SourceArn": account.arn("cloudwatch", f"alarm:{alarms}")},
                "StringEquals": {"aws:SourceAccount": account.account_id},
            },
        },
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )


def trail_key(account: Account, trail: str) -> Document:
    """Key of the trail's records: CloudTrail encrypts with it, and the account reads by IAM."""
    trail_arn = account.arn("cloudtrail", f"trail/{trail}")
    return _document(
        _owner(account),
        {
            "Sid": "Trail",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["kms:DescribeKey", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceArn": trail_arn}},
        },
    )


def trail_bucket(account: Account, bucket_arn: str, trail: str) -> Document:
    """Policy of the trail's bucket (CloudTrail user guide), and TLS for everybody."""
    trail_arn = account.arn("cloudtrail", f"trail/{trail}")
    service = {"Service": "cloudtrail.amazonaws.com"}
    return _document(
        {
            "Sid": "TrailLooks",
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:GetBucketAcl",
            "Resource": bucket_arn,
            "Condition": {"StringEquals": {"aws:SourceArn": trail_arn}},
        },
        {
            "Sid": "TrailWrites",
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/AWSLogs/{account.account_id}/*",
            "Condition": {
                "StringEquals": {
                    "aws:SourceArn": trail_arn,
                    "s3:x-amz-acl": "bucket-owner-full-control",
                }
            },
        },
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )


def _owner(account: Account) -> Document:
    return {
        "Sid": "AccountDecidesByIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{account.partition}:iam::{account.account_id}:root"},
        "Action": "kms:*",
        # In a key policy "*" is this key and nothing else (KMS developer guide).
        "Resource": "*",
    }


def _document(*statements: Document) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}
