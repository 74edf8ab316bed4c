"""What AWS would decide by a policy of a resource: of a key, a bucket, a topic or a queue.

Follows the user guide, "Policy evaluation logic": a statement is about the principal that it
names, a denial wins, and a service is let in by the resource alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.components.iam.evaluator import Decision, Document, Request, decide

Caller = tuple[str, str]
"""Kind and name: ("Service", "logs.amazonaws.com"), ("AWS", an ARN)."""


def decide_at(text: str, caller: Caller, request: Request) -> Decision:
    """What comes of a request at a resource with this policy."""
    document: Document = json.loads(text)
    about = [
        {key: value for key, value in each.items() if key != "Principal"}
        for each in document["Statement"]
        if _is_named(each["Principal"], caller)
    ]
    return decide(request, [{**document, "Statement": about}])


def _is_named(principal: str | Mapping[str, Any], caller: Caller) -> bool:
    if principal == "*":
        return True
    assert not isinstance(principal, str), f"{principal} names nobody"
    kind, name = caller
    named = principal.get(kind, [])
    return name in ([named] if isinstance(named, str) else named) or named == "*"
