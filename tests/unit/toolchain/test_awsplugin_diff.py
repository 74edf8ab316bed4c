"""Differences, leaf by leaf."""

from __future__ import annotations

from typing import Any

import pytest

from toolchain.awsplugin.diff import changes
from toolchain.awsplugin.model import UNKNOWN, Field, Nesting, Type

STRING, NUMBER = Type("string"), Type("number")


def field(name: str, kind: Type, tf: str = "", nesting: Nesting = "", **flags: bool) -> Field:
    return Field(tf or name, kind, name=name, nesting=nesting, optional=True, **flags)


def object_of(*fields: Field) -> Type:
    return Type("object", fields={f.tf: f for f in fields})


RULE = object_of(
    field("fromPort", NUMBER, "from_port"),
    field("description", STRING),
    field("cidrBlocks", Type("list", STRING), "cidr_blocks"),
)
ROOT = object_of(
    field("name", STRING),
    field("tags", Type("map", STRING)),
    field("ingress", Type("set", RULE), nesting="set"),
    field("steps", Type("list", RULE), "step", "list"),
    field("healthCheck", Type("list", RULE), "health_check", "list", one=True),
    field("zones", Type("set", STRING)),
    Field("hidden_thing", STRING, computed=True),
)
BARE: dict[str, Any] = {
    "name": "a", "tags": None, "ingress": [], "step": [], "health_check": [], "zones": None,
    "hidden_thing": None,
}  # fmt: skip


def rule(port: int, description: str | None = "", *blocks: str) -> dict[str, Any]:
    return {"from_port": port, "description": description, "cidr_blocks": list(blocks) or None}


def diff(
    old: dict[str, Any], new: dict[str, Any], given: dict[str, Any] | None = None
) -> dict[str, str]:
    found = changes(ROOT, {**BARE, **old}, {**BARE, **new}, (), given)
    return {c.name: c.kind.value for c in found}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {}, {}),
        ({"name": "a"}, {"name": "b"}, {"name": "update"}),
        ({"name": None}, {"name": "b"}, {"name": "add"}),
        ({"name": "a"}, {"name": None}, {"name": "delete"}),
        ({"name": "a"}, {"name": UNKNOWN}, {"name": "update"}),
        ({"tags": {"Name": "a", "k": "v"}}, {"tags": {"Name": "b", "k": "v"}}, {
            "tags.Name": "update"
        }),
        ({"tags": {"a.b": "1"}}, {"tags": {"c": "1"}}, {'tags["a.b"]': "delete", "tags.c": "add"}),
        ({"tags": None}, {"tags": {"c": "1"}}, {"tags": "add"}),
        ({"step": [rule(1), rule(2)]}, {"step": [rule(1), rule(3), rule(4)]}, {
            "steps[1].fromPort": "update", "steps[2]": "add"
        }),
        ({"health_check": [rule(1)]}, {"health_check": [rule(2)]}, {
            "healthCheck.fromPort": "update"
        }),
        ({"health_check": []}, {"health_check": [rule(2)]}, {"healthCheck": "add"}),
        ({"zones": ["a", "b"]}, {"zones": ["b", "c"]}, {"zones[0]": "delete", "zones[1]": "add"}),
        ({"hidden_thing": "a"}, {"hidden_thing": "b"}, {"hidden_thing": "update"}),
    ],
)  # fmt: skip
def test_a_difference_is_told_at_its_leaf(
    old: dict[str, Any], new: dict[str, Any], expected: dict[str, str]
) -> None:
    assert diff(old, new) == expected


def test_a_set_in_another_order_is_the_same_only_if_equal() -> None:
    old = {"ingress": [rule(1, "a"), rule(2, "b")]}
    assert diff(old, {"ingress": [rule(1, "a"), rule(3, "b")]}) == {"ingress[1].fromPort": "update"}


def test_an_element_of_a_set_is_placed_where_the_program_wrote_it() -> None:
    old = {"ingress": [rule(1, "a"), rule(2, "b")]}
    new = {"ingress": [rule(1, "a"), rule(3, "b")]}
    written = {"ingress": [rule(3, "b"), rule(1, "a")]}
    assert diff(old, new, written) == {"ingress[0].fromPort": "update"}


def test_an_element_that_has_nothing_in_common_is_another_one() -> None:
    old = {"ingress": [rule(1, "a")]}
    found = changes(ROOT, {**BARE, **old}, {**BARE, "ingress": [rule(2, "b")]})
    assert [(c.name, c.kind.value) for c in found] == [
        ("ingress[0]", "delete"),
        ("ingress[0]", "add"),
    ]


def test_empty_and_null_in_the_other_elements_are_no_difference() -> None:
    old = {"ingress": [rule(1, ""), rule(2, "b")]}
    new = {"ingress": [rule(1, None), rule(3, "b")]}
    assert diff(old, new) == {"ingress[1].fromPort": "update"}


def test_empty_and_null_are_a_difference_where_there_is_no_other() -> None:
    assert diff({"ingress": [rule(1, "")]}, {"ingress": [rule(1, None)]}) != {}


@pytest.mark.parametrize(
    ("required", "expected"),
    [
        (("name",), {"name": True, "tags.k": False}),
        (("tags",), {"name": False, "tags.k": True}),
        (("health_check", 0, "from_port"), {"name": False, "tags.k": False}),
    ],
)
def test_only_a_path_that_differs_asks_for_replacement(
    required: tuple[str | int, ...], expected: dict[str, bool]
) -> None:
    old = {**BARE, "tags": {"k": "1"}, "health_check": [rule(1)]}
    new = {**BARE, "name": "b", "tags": {"k": "2"}, "health_check": [rule(1)]}
    assert {c.name: c.replace for c in changes(ROOT, old, new, [required])} == expected


def test_replacement_through_a_lone_element_is_seen() -> None:
    old = {**BARE, "health_check": [rule(1)]}
    new = {**BARE, "health_check": [rule(2)]}
    found = changes(ROOT, old, new, [("health_check", 0, "from_port")])
    assert [(c.name, c.replace) for c in found] == [("healthCheck.fromPort", True)]
