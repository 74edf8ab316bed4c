"""Ways around Lake Formation: IAM permissions whose holder need not be granted anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

DATA: Final = (
    "s3tables:GetTableData",
    "s3tables:GetTableMetadataLocation",
    "s3tables:PutTableData",
    "s3tables:UpdateTableMetadataLocation",
)
"""With these a table is read and written at S3 Tables itself, which does not ask Lake Formation."""

CONTROL: Final = ("lakeformation:PutDataLakeSettings",)
"""With this a principal makes itself an administrator."""

NEVER_OF_WRITERS: Final = (
    "glue:DeleteResourcePolicy",
    "glue:PutResourcePolicy",
    "iam:*",
    "kms:CreateGrant",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "lakeformation:*",
    "s3tables:DeleteTableBucket",
    "s3tables:DeleteTableBucketPolicy",
    "s3tables:DeleteTablePolicy",
    "s3tables:PutTableBucketPolicy",
    "s3tables:PutTablePolicy",
    "secretsmanager:*",
)
"""What no writer outside the cluster may do, whoever allows it: read secrets, and change who may
do what."""

_NOT_FOR_WRITERS: Final = frozenset({"iam", "lakeformation", "s3tables", "secretsmanager"})
"""Services of which a writer's own statements name nothing; its tables are named elsewhere."""

MANAGED: Final = frozenset(
    {
        "AdministratorAccess",
        "AmazonS3TablesFullAccess",
        "AmazonS3TablesReadOnlyAccess",
        "AWSLakeFormationDataAdmin",
        "PowerUserAccess",
    }
)
"""AWS's own policies that hold one of the above."""


def in_statements(statements: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The actions around Lake Formation that these IAM statements allow."""
    allowed = [each for each in statements if each.get("Effect") == "Allow"]
    return tuple(
        action for action in (*DATA, *CONTROL) if any(allows(each, action) for each in allowed)
    )


def in_statements_of_writers(statements: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The actions in these IAM statements that are not for a writer, as they are written."""
    allowed = [each for each in statements if each.get("Effect") == "Allow"]
    found = ["NotAction" for each in allowed if "NotAction" in each]
    written = [action for each in allowed for action in _texts(each.get("Action", ()))]
    return tuple(dict.fromkeys([*found, *filter(_is_not_for_writers, written)]))


def _is_not_for_writers(action: str) -> bool:
    service = action.partition(":")[0].lower()
    many = "*" in service or "?" in service
    return (
        many
        or service in _NOT_FOR_WRITERS
        or any(_pattern(action).fullmatch(each) for each in NEVER_OF_WRITERS)
    )


def in_managed(arns: Iterable[str]) -> tuple[str, ...]:
    """Those of the managed policies that are known to hold a way around."""
    return tuple(arn for arn in arns if ":aws:policy/" in arn and arn.rpartition("/")[2] in MANAGED)


def allows(statement: Mapping[str, Any], action: str) -> bool:
    """Whether a statement is about an action, whatever else it says."""
    if "NotAction" in statement:
        return not _matches(statement["NotAction"], action)
    return _matches(statement.get("Action", ()), action)


def _matches(patterns: Any, action: str) -> bool:
    return any(_pattern(pattern).fullmatch(action) for pattern in _texts(patterns))


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(each) for each in value]


def _pattern(text: str) -> re.Pattern[str]:
    """IAM's wildcards: `*` and `?`, whatever the case."""
    escaped = re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.IGNORECASE)
