"""Policy documents of AWS, read into statements of one shape."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement; what may be one text or a list is always a list here."""

    sid: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]]
    inverted: tuple[str, ...]
    """Which of NotAction, NotResource and NotPrincipal it uses."""

    @property
    def allows(self) -> bool:
        """Whether it gives, rather than takes away."""
        return self.effect == "Allow"

    @property
    def condition_keys(self) -> set[str]:
        """Keys that some condition is about, in lower case as IAM compares them."""
        return {key.lower() for tests in self.conditions.values() for key in tests}


def statements(document: Any) -> Iterator[Statement]:
    """The statements of a document, given as text or as a map; none where there is none."""
    if not document:
        return
    read = json.loads(document) if isinstance(document, str) else document
    listed = read.get("Statement", [])
    for position, each in enumerate([listed] if isinstance(listed, Mapping) else listed):
        yield Statement(
            sid=each.get("Sid", f"number {position + 1}"),
            effect=each["Effect"],
            actions=_texts(each.get("Action")),
            resources=_texts(each.get("Resource")),
            principals=tuple(_principals(each.get("Principal"))),
            conditions=each.get("Condition", {}),
            inverted=tuple(
                key for key in ("NotAction", "NotResource", "NotPrincipal") if key in each
            ),
        )


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _principals(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for named in value.values():
            yield from _texts(named)
    elif isinstance(value, str | Sequence):
        yield from _texts(value)
