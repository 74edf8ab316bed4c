"""IAM documents of governance: what a reader may do, and the role that Lake Formation reads as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from lakehouse.grants.lake import FEDERATED_CATALOG, Lake
from lakehouse.grants.model import Grant
from lakehouse.policies import VERSION, Document

_GLUE_READ: Final = (
    "glue:GetCatalog",
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTables",
)
_REGISTERED: Final = (
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


def reader(
    lake: Lake, grants: Sequence[Grant], statements: Iterable[Mapping[str, Any]] = ()
) -> Document:
    """What a reader may do: look up what it is granted, and ask Lake Formation for the data.

    Not a single action on S3 Tables: with one, Lake Formation would not be asked.
    """
    tagged = any(grant.target.tags for grant in grants)
    buckets = sorted(lake.buckets if tagged else {grant.target.bucket for grant in grants})
    resources = [_glue(lake, "catalog"), _glue(lake, f"catalog/{FEDERATED_CATALOG}")]
    for bucket in buckets:
        resources.append(_glue(lake, f"catalog/{FEDERATED_CATALOG}/{bucket}"))
        for namespace in _namespaces(lake, bucket, grants):
            resources += [
                _glue(lake, f"database/{FEDERATED_CATALOG}/{bucket}/{namespace}"),
                _glue(lake, f"table/{FEDERATED_CATALOG}/{bucket}/{namespace}/*"),
            ]
    return _document(
        {"Sid": "Metadata", "Effect": "Allow", "Action": list(_GLUE_READ), "Resource": resources},
        {
            # Has no resource type (service authorization reference, Lake Formation).
            "Sid": "AskLakeFormation",
            "Effect": "Allow",
            "Action": "lakeformation:GetDataAccess",
            "Resource": "*",
        },
        *(dict(each) for each in statements),
    )


def trust(
    lake: Lake,
    principals: Sequence[str],
    services: Sequence[str],
    machines: str = "",
    machine_tags: Mapping[str, str] | None = None,
) -> Document:
    """Who may take a reader's role: whom its owner names, and the stack's own leaders.

    `machines` is a pattern of role names: those have names of Pulumi's making. A stack whose
    name begins alike has such names too, which the tags of the role tell apart.
    """
    statements: list[Document] = []
    if principals:
        statements.append(_may_take({"AWS": sorted(principals)}, {}))
    if services:
        # A service that is tricked into acting for another account is refused.
        own = {"StringEquals": {"aws:SourceAccount": lake.account.account_id}}
        statements.append(_may_take({"Service": sorted(services)}, own))
    if machines:
        root = f"arn:{lake.account.partition}:iam::{lake.account.account_id}"
        own = {"ArnLike": {"aws:PrincipalArn": f"{root}:role/{machines}"}}
        if machine_tags:
            own["StringEquals"] = {
                f"aws:PrincipalTag/{key}": value for key, value in machine_tags.items()
            }
        statements.append(_may_take({"AWS": f"{root}:root"}, own))
    return _document(*statements)


def _may_take(principal: Document, condition: Document) -> Document:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return {**statement, "Condition": condition} if condition else statement


def lake_formation_trust(account_id: str) -> Document:
    """Trust of the role that data is read with: Lake Formation, for this account.

    Without the identity and context actions it gives no credentials, and says so nowhere.
    """
    return _document(
        {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:SetContext", "sts:SetSourceIdentity"],
            "Principal": {"Service": "lakeformation.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        }
    )


def lake_formation_data(lake: Lake) -> Document:
    """What that role may do: everything that a grant may allow, on tables and nothing else."""
    return _document(
        {
            # It has no resource type for an account's list (service authorization reference).
            "Sid": "Buckets",
            "Effect": "Allow",
            "Action": "s3tables:ListTableBuckets",
            "Resource": "*",
        },
        {
            "Sid": "Tables",
            "Effect": "Allow",
            "Action": list(_REGISTERED),
            "Resource": [lake.buckets_arn, f"{lake.buckets_arn}/table/*"],
        },
        {
            # Buckets have keys of their owners' choice; through S3 Tables only.
            "Sid": "Keys",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": lake.account.arn("kms", "key/*"),
            "Condition": {
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": f"{lake.buckets_arn}/*"}
            },
        },
    )


def _namespaces(lake: Lake, bucket: str, grants: Sequence[Grant]) -> list[str]:
    own = [grant.target for grant in grants if grant.target.bucket == bucket]
    named = {target.namespace for target in own if target.namespace}
    if any(target.tags for target in (grant.target for grant in grants)) or not named:
        return sorted(lake.buckets.get(bucket, ()))
    return sorted(named)


def _glue(lake: Lake, path: str) -> str:
    return lake.account.arn("glue", path)


def _document(*statements: Document) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}
