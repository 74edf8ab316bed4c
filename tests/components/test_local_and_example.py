"""The local cloud runs what AWS runs: what the two stacks register differs in values only.

`test_program` compares which resources there are; this looks into them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.components.programs import stack_settings, whole
from tests.components.recorder import Resource

STACKS = ("example", "local")
ROLES = ("leader", "worker")

CHOSEN = {"keyName"}
"""Properties that an owner may leave out."""

OWN_KEYS = {"tags", "spark", "tokens", "conf"}
"""Maps whose keys are an owner's words, or where nothing means the default."""

OWN_KINDS = ("topicSubscription:TopicSubscription",)
"""Kinds of which an owner may have none: who is told of an alarm."""


def paths(value: Any, above: str = "") -> Iterator[str]:
    """Every property that is set, with places in lists left out."""
    if isinstance(value, dict) and above.rpartition(".")[2] not in OWN_KEYS:
        for key, below in value.items():
            if key not in CHOSEN:
                yield from paths(below, f"{above}.{key}")
    elif isinstance(value, list):
        for below in value:
            yield from paths(below, f"{above}[]")
    else:
        yield above


def resources(stack: str) -> list[Resource]:
    """What the stack registers, without what hangs on an owner's choice."""
    return [
        each
        for each in whole(stack).custom
        if not each.type.endswith(OWN_KINDS) and each.parent_type != "millrace:index:Audit"
    ]


def by_type(stack: str, tell: Callable[[Resource], Any]) -> dict[str, set[Any]]:
    """What is told of the resources of each type."""
    told: dict[str, set[Any]] = {}
    for each in resources(stack):
        told.setdefault(each.type, set()).add(tell(each))
    return told


def compare(tell: Callable[[Resource], Any]) -> None:
    """Both stacks tell the same; shown by type, since the whole is long."""
    example, local = (by_type(stack, tell) for stack in STACKS)
    assert set(example) == set(local)
    assert {kind for kind in example if example[kind] != local[kind]} == set()


def template(stack: str, role: str) -> dict[str, Any]:
    return dict(whole(stack).one("LaunchTemplate", f"blue-{role}").inputs)


def boot_document(stack: str, role: str) -> dict[str, Any]:
    text = base64.b64decode(template(stack, role)["userData"]).decode()
    read = json.loads(text)
    assert isinstance(read, dict)
    return read


def statements(stack: str, role: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """What a role may do, without on what."""
    policy = json.loads(whole(stack).one("RolePolicy", f"blue-{role}").inputs["policy"])
    return [(each["Sid"], each["Effect"], tuple(each["Action"])) for each in policy["Statement"]]


def test_the_two_stacks_are_different_stacks() -> None:
    example, local = (stack_settings(stack) for stack in STACKS)
    assert example["millrace:generations"] != local["millrace:generations"]


def test_resources_set_the_same_properties() -> None:
    compare(lambda each: frozenset(paths(each.inputs)))


def test_resources_are_under_the_same_components() -> None:
    compare(lambda each: each.parent_type)


def test_the_engine_is_given_the_same_options() -> None:
    # Protection is a value: the owner's decision whether data may be lost.
    compare(
        lambda each: (
            tuple(each.options.ignoreChanges),
            tuple(each.options.replaceOnChanges),
            each.options.deleteBeforeReplace,
            each.options.retainOnDelete,
            len(each.options.aliases),
        )
    )


@pytest.mark.parametrize("role", ROLES)
def test_machines_are_told_the_same_things(role: str) -> None:
    example, local = (set(paths(boot_document(stack, role))) for stack in STACKS)
    assert example == local


@pytest.mark.parametrize("role", ROLES)
def test_machines_are_hardened_alike(role: str) -> None:
    example, local = (template(stack, role)["metadataOptions"] for stack in STACKS)
    assert example == local


@pytest.mark.parametrize("role", ROLES)
def test_roles_may_do_the_same(role: str) -> None:
    example, local = (statements(stack, role) for stack in STACKS)
    assert example == local


def test_the_firewall_opens_the_same_ports() -> None:
    def ports(stack: str) -> set[tuple[Any, ...]]:
        return {
            (kind, each.inputs["ipProtocol"], each.inputs["fromPort"], each.inputs["toPort"])
            for kind in ("SecurityGroupIngressRule", "SecurityGroupEgressRule")
            for each in whole(stack).of(kind)
            # Operators' SSH is closed on AWS, where Session Manager is.
            if "ssh-to" not in each.name
        }

    example, local = (ports(stack) for stack in STACKS)
    assert example == local
