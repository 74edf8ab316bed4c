"""What a new state would be before the provider is asked: Terraform core's rules."""

from __future__ import annotations

from typing import Any

import pytest

from toolchain.awsplugin.model import UNKNOWN, Field, Type
from toolchain.awsplugin.proposed import could_be, proposed_new

STRING = Type("string")
SET = Field("name", STRING, required=True)
BOTH = Field("zone", STRING, optional=True, computed=True)
MADE = Field("id", STRING, computed=True)
PART = Type("object", fields={"name": SET, "zone": BOTH, "id": MADE})


def root(nesting: Any, kind: Type) -> Type:
    return Type("object", fields={"part": Field("part", kind, nesting=nesting)})


def part(name: str, zone: str | None = None, made: str | None = None) -> dict[str, Any]:
    return {"name": name, "zone": zone, "id": made}


def test_nothing_is_computed_before_there_is_anything() -> None:
    assert proposed_new(PART, None, part("a")) == part("a")


def test_a_computed_value_stays_where_the_configuration_is_silent() -> None:
    assert proposed_new(PART, part("a", "z", "1"), part("a")) == part("a", "z", "1")


def test_the_configuration_wins_over_a_computed_value() -> None:
    assert proposed_new(PART, part("a", "z", "1"), part("a", "y")) == part("a", "y", "1")


def test_a_value_that_left_the_configuration_leaves() -> None:
    kind = Type("object", fields={"note": Field("note", STRING, optional=True)})
    assert proposed_new(kind, {"note": "x"}, {"note": None}) == {"note": None}


def test_list_blocks_are_matched_by_place() -> None:
    kind = root("list", Type("list", PART))
    prior = {"part": [part("a", "z", "1")]}
    config = {"part": [part("b"), part("a")]}
    assert proposed_new(kind, prior, config) == {"part": [part("b", "z", "1"), part("a")]}


def test_map_blocks_are_matched_by_key() -> None:
    kind = root("map", Type("map", PART))
    prior = {"part": {"k": part("a", "z", "1"), "gone": part("g", "z", "2")}}
    config = {"part": {"k": part("b"), "new": part("n")}}
    expected = {"part": {"k": part("b", "z", "1"), "new": part("n")}}
    assert proposed_new(kind, prior, config) == expected


def test_set_blocks_are_matched_by_likeness_whatever_their_order() -> None:
    kind = root("set", Type("set", PART))
    prior = {"part": [part("a", "z", "1"), part("b", "y", "2")]}
    config = {"part": [part("b"), part("a"), part("c")]}
    expected = {"part": [part("b", "y", "2"), part("a", "z", "1"), part("c")]}
    assert proposed_new(kind, prior, config) == expected


def test_a_prior_element_is_used_once() -> None:
    kind = root("set", Type("set", PART))
    prior = {"part": [part("a", "z", "1")]}
    config = {"part": [part("a"), part("a")]}
    assert proposed_new(kind, prior, config) == {"part": [part("a", "z", "1"), part("a")]}


@pytest.mark.parametrize(
    ("config", "expected"),
    [(None, None), (part("a"), part("a", "z", "1"))],
)
def test_a_single_block_is_merged_or_gone(config: Any, expected: Any) -> None:
    kind = root("single", PART)
    assert proposed_new(kind, {"part": part("a", "z", "1")}, {"part": config}) == {"part": expected}


def test_blocks_that_are_unknown_stay_unknown() -> None:
    kind = root("list", Type("list", PART))
    assert proposed_new(kind, {"part": [part("a")]}, {"part": UNKNOWN}) == {"part": UNKNOWN}


@pytest.mark.parametrize(
    ("prior", "config", "expected", "why"),
    [
        (part("a", "z", "1"), part("a"), True, "only computed members differ"),
        (part("a", "z", "1"), part("b"), False, "a configured member differs"),
        (part("a", "z", "1"), part("a", "y"), False, "a computed member is configured otherwise"),
        (part("a", "z", "1"), part("a", "z"), True, "a computed member is configured the same"),
    ],
)
def test_likeness_is_about_what_the_configuration_says(
    prior: Any, config: Any, expected: bool, why: str
) -> None:
    assert could_be(PART, prior, config) is expected, why


@pytest.mark.parametrize(
    ("nesting", "prior", "config", "expected"),
    [
        ("list", [part("a", "z", "1")], [part("a")], True),
        ("list", [part("a", "z", "1")], [], False),
        ("list", [], [part("a")], True),
        ("set", [part("a", "z", "1")], [part("a")], False),
        ("set", [], [part("a")], True),
        ("set", [part("a")], [part("a")], True),
        ("map", {"k": part("a", "z", "1")}, {"k": part("a")}, True),
        ("map", {"k": part("a", "z", "1")}, {}, False),
    ],
)
def test_blocks_inside_a_set_element_are_compared_by_path(
    nesting: Any, prior: Any, config: Any, expected: bool
) -> None:
    kind = root(nesting, Type("map" if nesting == "map" else nesting, PART))
    assert could_be(kind, {"part": prior}, {"part": config}) is expected
