"""Automatic names."""

from __future__ import annotations

from typing import Any

import pytest

from toolchain.awsplugin.autoname import DEFAULTS, apply, fixed, property_of
from toolchain.awsplugin.model import Binding, Field, Type

URN = "urn:pulumi:dev::app::comp:index:Net$aws:x/y:Y::Worker"
SEED = b"seed"


def binding(
    tf_type: str = "aws_thing", attribute: str = "name", required: bool = False, **flags: bool
) -> Binding:
    flags = flags or {"optional": True, "computed": True}
    name = Field(attribute, Type("string"), name="name", **flags)
    prefix = Field("name_prefix", Type("string"), name="namePrefix", optional=True)
    root = Type("object", fields={attribute: name, "name_prefix": prefix})
    given = frozenset({"name"} if required else ())
    return Binding("aws:x/y:Y", tf_type, 0, root, required=given)


def test_a_name_is_the_logical_name_and_a_suffix() -> None:
    named = apply(binding(), URN, SEED, {}, {})
    assert named["name"].startswith("Worker-")
    assert len(named["name"]) == len("Worker-") + 7
    assert named[DEFAULTS] == ["name"]


def test_the_suffix_follows_the_seed() -> None:
    first, again = (apply(binding(), URN, SEED, {}, {})["name"] for _ in range(2))
    assert first == again
    assert apply(binding(), URN, b"other", {}, {})["name"] != first


def test_a_chosen_name_is_kept() -> None:
    before = apply(binding(), URN, SEED, {}, {})
    assert apply(binding(), URN, b"other", {}, before) == before


@pytest.mark.parametrize("given", [{"name": "mine"}, {"namePrefix": "mine-"}])
def test_the_programs_name_is_the_programs(given: dict[str, Any]) -> None:
    assert apply(binding(), URN, SEED, given, {}) == {**given, DEFAULTS: []}


def test_a_name_taken_out_of_the_program_is_replaced_by_an_automatic_one() -> None:
    named = apply(binding(), URN, SEED, {}, {"name": "mine", DEFAULTS: []})
    assert named["name"].startswith("Worker-")


@pytest.mark.parametrize(
    ("tf_type", "attribute", "limit"),
    [("aws_lb", "name", 32), ("aws_iam_role", "name", 64), ("aws_s3_bucket", "bucket", 63)],
)
def test_a_name_keeps_to_the_limit_of_its_service(tf_type: str, attribute: str, limit: int) -> None:
    name = apply(binding(tf_type, attribute), URN + "x" * 300, SEED, {}, {})["name"]
    assert len(name) == limit


def test_a_bucket_is_lower_case() -> None:
    assert apply(binding("aws_s3_bucket", "bucket"), URN, SEED, {}, {})["name"].islower()


def test_an_alias_is_an_alias() -> None:
    assert apply(binding("aws_kms_alias"), URN, SEED, {}, {})["name"].startswith("alias/Worker-")


def test_a_fifo_queue_says_so() -> None:
    named = apply(binding("aws_sqs_queue"), URN, SEED, {"fifoQueue": True}, {})
    assert named["name"].endswith(".fifo")
    assert len(named["name"]) <= 80


@pytest.mark.parametrize(
    "unnamed",
    [
        binding(required=True),
        binding(computed=True),
        binding("aws_route53_record"),
        binding("aws_other", "label"),
    ],
)
def test_some_types_get_no_name(unnamed: Binding) -> None:
    assert property_of(unnamed) is None
    assert apply(unnamed, URN, SEED, {}, {}) == {DEFAULTS: []}


@pytest.mark.parametrize(
    ("news", "olds", "expected"),
    [
        ({"name": "a"}, {"name": "a"}, True),
        ({"name": "a"}, {"name": "b"}, False),
        ({"name": "a", DEFAULTS: ["name"]}, {"name": "a"}, False),
        ({}, {}, False),
    ],
)
def test_only_a_name_of_the_programs_own_stands_in_the_way_of_its_successor(
    news: dict[str, Any], olds: dict[str, Any], expected: bool
) -> None:
    assert fixed(binding(), news, olds) is expected
