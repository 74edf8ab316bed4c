"""The rule about tags: whose a resource is can be read from it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from typing import Final

import pulumi_aws as aws

from policy.resource import Resource, entries

MANDATORY: Final = ("millrace:project", "millrace:stack")

_UNTAGGABLE: Final = frozenset(
    {
        # Provider releases before 6 cannot tag them; the bucket's key and name say whose they are.
        "s3tables.Table",
        "s3tables.TableBucket",
    }
)


def tagged(resource: Resource) -> Iterator[str]:
    """Everything that takes tags says which project and stack it is of."""
    if resource.kind in _UNTAGGABLE or not takes_tags(resource.type):
        return
    listed = {each.get("key") for each in entries(resource.properties, "tags")}
    given = listed or set(resource.part("tags"))
    missing = [key for key in MANDATORY if key not in given]
    if missing:
        yield f"Tag {resource.label} with {' and '.join(missing)}: else nobody knows whose it is."


@functools.cache
def takes_tags(token: str) -> bool:
    """Whether resources of a type take tags, from the SDK's own classes."""
    if not token.startswith("aws:"):
        return False
    _, module, kind = token.split(":")
    name = module.split("/")[0]
    space = aws if name == "index" else getattr(aws, name, None) or getattr(aws, f"{name}_", None)
    declared = getattr(space, kind, None)
    if declared is None:
        return False
    return "tags" in inspect.signature(declared._internal_init).parameters
