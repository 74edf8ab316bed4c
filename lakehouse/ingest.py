"""IAM documents of writers outside the cluster: named tables, by named principals, and no more.

S3 Tables knows ARNs of buckets and of tables, the latter by ids that nobody chooses; what a table
is called and which namespace it is in are conditions (service authorization reference, S3 Tables).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from lakehouse.config.ingest import IngestConfig, IngestTargetConfig
from lakehouse.grants.bypass import NEVER_OF_WRITERS
from lakehouse.policies import VERSION, Account, Document

EVERY: Final = "*"

_SEE: Final = ("s3tables:GetNamespace", "s3tables:ListTables")
"""Actions on a bucket that know the condition s3tables:namespace."""

_WRITE: Final = (
    "s3tables:GetTable",
    "s3tables:GetTableData",
    "s3tables:GetTableMetadataLocation",
    "s3tables:PutTableData",
    "s3tables:UpdateTableMetadataLocation",
)
"""What a commit of Iceberg takes: it reads the table's state, writes files and moves the pointer.
All of them know s3tables:namespace and s3tables:tableName."""


def policy(shape: IngestConfig, buckets: Mapping[str, str], key_arn: str) -> Document:
    """What a writer may do; `buckets` are names as in the stack file -> ARN."""
    targets: dict[str, list[IngestTargetConfig]] = defaultdict(list)
    for target in shape.into:
        targets[buckets[target.bucket or ""]].append(target)
    statements: list[Document] = [
        {
            "Sid": "Buckets",
            "Effect": "Allow",
            "Action": "s3tables:GetTableBucket",
            "Resource": sorted(targets),
        }
    ]
    for number, arn in enumerate(sorted(targets), start=1):
        statements += _bucket(arn, number, targets[arn], create=shape.create_tables)
    statements += [
        {
            "Sid": "Key",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": key_arn,
            "Condition": {
                "StringLike": {
                    "kms:EncryptionContext:aws:s3:arn": [f"{arn}/*" for arn in sorted(targets)]
                }
            },
        },
        *(dict(each) for each in shape.statements),
        {
            # Also where another hand attaches a policy that allows it.
            "Sid": "Never",
            "Effect": "Deny",
            "Action": list(NEVER_OF_WRITERS),
            "Resource": "*",
        },
    ]
    return {"Version": VERSION, "Statement": statements}


def _bucket(
    arn: str, number: int, targets: list[IngestTargetConfig], *, create: bool
) -> Iterator[Document]:
    """Statements on one bucket: a condition is about all ARNs of its statement."""
    whole = sorted({each.namespace for each in targets if EVERY in each.tables})
    yield {
        "Sid": f"Namespaces{number}",
        "Effect": "Allow",
        "Action": list(_SEE),
        "Resource": arn,
        "Condition": _named(sorted({each.namespace for each in targets})),
    }
    if whole:
        yield {
            "Sid": f"Tables{number}",
            "Effect": "Allow",
            "Action": list(_WRITE),
            "Resource": f"{arn}/table/*",
            "Condition": _named(whole),
        }
    if whole and create:
        yield {
            "Sid": f"NewTables{number}",
            "Effect": "Allow",
            "Action": "s3tables:CreateTable",
            "Resource": [arn, f"{arn}/table/*"],
            "Condition": _named(whole),
        }
    chosen: dict[str, set[str]] = defaultdict(set)
    for each in targets:
        if each.namespace not in whole:
            chosen[each.namespace] |= set(each.tables)
    for position, namespace in enumerate(sorted(chosen), start=1):
        yield {
            "Sid": f"Tables{number}Chosen{position}",
            "Effect": "Allow",
            "Action": list(_WRITE),
            "Resource": f"{arn}/table/*",
            "Condition": _named([namespace], sorted(chosen[namespace])),
        }


def _named(namespaces: list[str], tables: list[str] | None = None) -> Document:
    """Names, not patterns: an underscore in one is no wildcard."""
    keys = {"s3tables:namespace": namespaces}
    return {"StringEquals": {**keys, **({"s3tables:tableName": tables} if tables else {})}}


def trust(shape: IngestConfig, account: Account) -> Document:
    """Who may take a writer's role: whom its owner names."""
    statements: list[Document] = []
    if shape.trusted:
        statements.append(
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"AWS": sorted(shape.trusted)},
                **_condition("sts:ExternalId", shape.external_id),
            }
        )
    if shape.trusted_services:
        statements.append(
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": sorted(shape.trusted_services)},
                # A service that is tricked into acting for another account is refused.
                **_condition("aws:SourceAccount", account.account_id),
            }
        )
    return {"Version": VERSION, "Statement": statements}


def _condition(key: str, value: str | None) -> Document:
    return {"Condition": {"StringEquals": {key: value}}} if value else {}
