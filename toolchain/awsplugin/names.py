"""How Pulumi spells Terraform's names: camel case, and lists in the plural."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Final

_IRREGULAR: Final[Mapping[str, str]] = {
    "analysis": "analyses",
    "axis": "axes",
    "basis": "bases",
    "cache": "caches",
    "child": "children",
    "criterion": "criteria",
    "datum": "data",
    "index": "indices",
    "man": "men",
    "person": "people",
    "vertex": "vertices",
}
_ENDINGS: Final = (
    ("y", "ies"),
    ("is", "es"),
    ("fe", "ves"),
    ("f", "ves"),
    ("um", "a"),
    ("us", "i"),
    ("on", "a"),
)
# Suffixes that Pulumi's authors dropped from references: rest_api_id became restApi.
_REFERENCES: Final = ("_id", "_name", "_label", "_arn", "_arns")

RENAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_cloudwatch_metric_alarm": {"alarm_name": "name"},
    "aws_lambda_function": {"filename": "code", "function_name": "name"},
    "aws_lambda_layer_version": {"filename": "code"},
    "aws_lambda_permission": {"function_name": "function"},
    "aws_s3_bucket": {"region": "bucketRegion"},
    "aws_sns_topic_subscription": {"topic_arn": "topic"},
}
"""Names that no rule yields: Terraform type -> its attribute -> Pulumi's property."""


def camel(name: str) -> str:
    """`cidr_block` -> `cidrBlock`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def snake(name: str) -> str:
    """`getCallerIdentity` -> `get_caller_identity`."""
    out = [f"_{char.lower()}" if char.isupper() else char for char in name]
    return "".join(out).lstrip("_")


@functools.cache
def plurals(name: str) -> frozenset[str]:
    """Every plural that an English inflector may make of a snake-case name."""
    head, _, last = name.rpartition("_")
    prefix = f"{head}_" if head else ""
    found = {f"{name}s", f"{name}es"}
    found |= {name[: -len(end)] + new for end, new in _ENDINGS if last.endswith(end)}
    if last in _IRREGULAR:
        found.add(prefix + _IRREGULAR[last])
    return frozenset(found)


@functools.cache
def candidates(name: str) -> tuple[str, ...]:
    """Pulumi names that a Terraform name may have got, the likeliest first."""
    plural = sorted(plurals(name), key=lambda item: (len(item), item))
    short = [name[: -len(end)] for end in _REFERENCES if name.endswith(end) and name != end[1:]]
    short += [name[:-1]] if name.endswith("_arns") else []
    return tuple(dict.fromkeys(camel(item) for item in (name, *plural, *short)))


def pair(tf_type: str, attributes: Collection[str], properties: Collection[str]) -> dict[str, str]:
    """Tie attributes of one object to the SDK's property names: Terraform name -> Pulumi name.

    Exact names are settled first, so that `subnets` never steals what `subnet_ids` may also be
    called; what has no counterpart is left out.
    """
    found: dict[str, str] = {}
    free = set(properties)
    for attribute, name in RENAMES.get(tf_type, {}).items():
        if attribute in attributes and name in free:
            found[attribute] = name
            free.discard(name)
    rest = sorted(name for name in attributes if name not in found)
    depth = max((len(candidates(name)) for name in rest), default=0)
    for rank in range(depth):
        for attribute in rest:
            options = candidates(attribute)
            if attribute in found or rank >= len(options) or options[rank] not in free:
                continue
            found[attribute] = options[rank]
            free.discard(options[rank])
    return found
