"""What a stack file may say of rights besides ARNs: statements of policies, external ids, LF-tags.

A validator raises `ValueError` with "rule; remedy": the text a person reads.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

_EXTERNAL_ID: Final = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)

_LF_TAG: Final = re.compile(r"[a-z0-9_.:/=+@%-]{1,50}")

_ELEMENTS: Final = frozenset(
    {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)


def _external_id(value: str) -> str:
    if not _EXTERNAL_ID.fullmatch(value):
        msg = "is no external id; use 2 to 1224 letters, digits and + = , . @ : / -"
        raise ValueError(msg)
    return value


def _lf_tag(value: str) -> str:
    if not _LF_TAG.fullmatch(value):
        msg = (
            "is no LF-tag; use up to 50 lower case letters, digits and _ . : / = + - @ %, which "
            "is how Lake Formation keeps them"
        )
        raise ValueError(msg)
    return value


def _statement(value: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(value) - _ELEMENTS)
    if unknown:
        msg = f"has {', '.join(unknown)}, which no role's statement has; remove it"
        raise ValueError(msg)
    if value.get("Effect") not in ("Allow", "Deny"):
        msg = "has no Effect; write Allow or Deny"
        raise ValueError(msg)
    for element in ("Action", "Resource"):
        given = [each for each in (element, f"Not{element}") if each in value]
        if len(given) != 1 or not _is_texts(value[given[0]]):
            msg = f"names no {element}; write one, or a list of them"
            raise ValueError(msg)
    if not _is_map(value.get("Condition", {})):
        msg = "has a Condition that is no map; write operators, and keys with values below them"
        raise ValueError(msg)
    return value


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _is_texts(value: Any) -> bool:
    return bool(value) and (
        isinstance(value, str)
        or (isinstance(value, list) and all(isinstance(each, str) and each for each in value))
    )


ExternalId = Annotated[str, AfterValidator(_external_id)]
"""What a trusted principal must say to take a role (IAM API reference, AssumeRole)."""

LfTagKey = Annotated[str, AfterValidator(_lf_tag)]
"""Key of an LF-tag (Lake Formation developer guide, tag-based access control notes)."""

LfTagValues = Annotated[tuple[LfTagKey, ...], Field(min_length=1, max_length=1000)]
"""The values that an LF-tag can have, of the same form."""

IamStatement = Annotated[dict[str, Any], AfterValidator(_statement)]
"""A statement of a role's policy (IAM user guide, policy elements)."""
