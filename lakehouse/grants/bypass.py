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
        action for action in (*DATA, *CONTROL) if any(_allows(each, action) for each in allowed)
    )


def in_managed(arns: Iterable[str]) -> tuple[str, ...]:
    """Those of the managed policies that are known to hold a way around."""
    return tuple(arn for arn in arns if ":aws:policy/" in arn and arn.rpartition("/")[2] in MANAGED)


def _allows(statement: Mapping[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not _matches(statement["NotAction"], action)
    return _matches(statement.get("Action", ()), action)


def _matches(patterns: Any, action: str) -> bool:
    each = [patterns] if isinstance(patterns, str) else list(patterns)
    return any(_pattern(str(pattern)).fullmatch(action) for pattern in each)


def _pattern(text: str) -> re.Pattern[str]:
    """IAM's wildcards: `*` and `?`, whatever the case."""
    escaped = re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.IGNORECASE)
