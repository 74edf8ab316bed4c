"""The table of rules, and the judgement of a whole stack by it.

A rule of a resource is judged before that resource is touched; a rule of the stack when all
of it is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from policy import data, exposure, identity, machines, tags
from policy.resource import Finding, Resource


@dataclass(frozen=True, kw_only=True)
class ResourceRule:
    """What each resource must be, taken alone."""

    name: str
    demand: str
    check: Callable[[Resource], Iterable[str]]
    """Sentences about what is wrong with a resource."""


@dataclass(frozen=True, kw_only=True)
class StackRule:
    """What resources must be, seen together."""

    name: str
    demand: str
    check: Callable[[Sequence[Resource]], Iterable[Finding]]


RESOURCE_RULES: Final = (
    ResourceRule(
        name="encrypt-at-rest",
        demand="Whatever keeps data keeps it encrypted.",
        check=data.encrypted,
    ),
    ResourceRule(
        name="rotate-keys",
        demand="Encryption keys are renewed every year.",
        check=data.keys_rotate,
    ),
    ResourceRule(
        name="limit-log-retention",
        demand="Logs are kept for a chosen time.",
        check=data.logs_end,
    ),
    ResourceRule(
        name="no-public-access",
        demand="Nothing has a public address, endpoint or listing.",
        check=exposure.private,
    ),
    ResourceRule(
        name="named-principals",
        demand="A resource's own policy names who may use it.",
        check=exposure.named_principals,
    ),
    ResourceRule(
        name="guarded-endpoints",
        demand="Endpoints of AWS say who may pass them.",
        check=exposure.guarded,
    ),
    ResourceRule(
        name="no-open-network",
        demand="Security groups name networks, never the internet.",
        check=exposure.closed,
    ),
    ResourceRule(
        name="no-internet-route",
        demand="There is no way to or from the internet.",
        check=exposure.enclosed,
    ),
    ResourceRule(
        name="metadata-by-token",
        demand="Machines ask for metadata by token, from one hop away.",
        check=machines.metadata_by_token,
    ),
    ResourceRule(
        name="numbered-templates",
        demand="Groups name their launch template's version by number.",
        check=machines.numbered_templates,
    ),
    ResourceRule(
        name="named-rights",
        demand="Policies name actions, and resources wherever AWS knows an ARN.",
        check=identity.named_rights,
    ),
    ResourceRule(
        name="own-policies",
        demand="Roles hold policies that were written for them.",
        check=identity.own_policies,
    ),
    ResourceRule(
        name="mandatory-tags",
        demand="Every resource says which project and stack it is of.",
        check=tags.tagged,
    ),
)

STACK_RULES: Final = (
    StackRule(
        name=data.PROTECT_DATA,
        demand="Data and keys are protected, unless the stack is tagged as disposable.",
        check=data.protected,
    ),
)


def findings(resources: Sequence[Resource]) -> list[Finding]:
    """Every broken rule of a stack, in the order of its resources."""
    found = [
        Finding(rule=rule.name, resource=resource, message=message)
        for resource in resources
        for rule in RESOURCE_RULES
        for message in rule.check(resource)
    ]
    for rule in STACK_RULES:
        found.extend(rule.check(resources))
    return found
