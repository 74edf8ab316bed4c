"""What IAM would decide, for the parts of it that identity policies of ours use.

Follows the user guide, "Policy evaluation logic": a denial wins, an allowance is needed from
the role's policies and, where there is one, from its permissions boundary.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.components.iam.conditions import Context, hold, like, substitute

Document = Mapping[str, Any]


class Decision(StrEnum):
    """How it ends."""

    ALLOWED = "allowed"
    IMPLICITLY_DENIED = "nothing allows it"
    EXPLICITLY_DENIED = "a statement denies it"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call of the AWS API."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


def decide(
    request: Request, policies: Sequence[Document], boundary: Document | None = None
) -> Decision:
    """What comes of a request under a role's policies and its boundary."""
    matching = [each for document in policies for each in _matching(document, request)]
    limits = list(_matching(boundary, request)) if boundary is not None else []
    if "Deny" in matching or "Deny" in limits:
        return Decision.EXPLICITLY_DENIED
    allowed = "Allow" in matching and (boundary is None or "Allow" in limits)
    return Decision.ALLOWED if allowed else Decision.IMPLICITLY_DENIED


def read(text: str) -> Document:
    """A document from the text that the provider gets; an element that we do not know raises."""
    document: Document = json.loads(text)
    known = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
    for each in _listed(document["Statement"]):
        unknown = set(each) - known
        if unknown:
            msg = f"{each.get('Sid')}: {sorted(unknown)} is not for an identity's policy"
            raise ValueError(msg)
    return document


def _matching(document: Document, request: Request) -> Iterator[str]:
    """Effects of the statements that are about a request."""
    for statement in _listed(document["Statement"]):
        if (
            _about_action(statement, request.action)
            and _about_resource(statement, request)
            and hold(statement.get("Condition", {}), request.context)
        ):
            yield statement["Effect"]


def _about_action(statement: Mapping[str, Any], action: str) -> bool:
    inverted = "NotAction" in statement
    patterns = _listed(statement["NotAction" if inverted else "Action"])
    found = any(like(each.lower(), action.lower()) for each in patterns)
    return found != inverted


def _about_resource(statement: Mapping[str, Any], request: Request) -> bool:
    inverted = "NotResource" in statement
    context = {key.lower(): [str(value)] for key, value in request.context.items()}
    patterns = [
        substitute(each, context)
        for each in _listed(statement["NotResource" if inverted else "Resource"])
    ]
    found = any(each is not None and like(each, request.resource) for each in patterns)
    return found != inverted


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
