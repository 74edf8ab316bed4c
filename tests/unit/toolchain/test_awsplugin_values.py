"""Values from Pulumi to Terraform and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from toolchain.awsplugin.assets import AssetStore
from toolchain.awsplugin.model import UNKNOWN, Dynamic, Field, Type
from toolchain.awsplugin.values import ToTerraform, has_sensitive, to_pulumi
from toolchain.awsplugin.wire import Secret

STRING, NUMBER, BOOL = Type("string"), Type("number"), Type("bool")


def convert(kind: Type, value: Any) -> tuple[Any, list[str]]:
    to = ToTerraform(AssetStore(Path("/nowhere"), Path("/nowhere")))
    return to.value(kind, value, ("p",)), [problem.reason for problem in to.problems]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (STRING, "a", "a"),
        (STRING, 5, "5"),
        (STRING, True, "true"),
        (STRING, {"Version": "2012-10-17"}, '{"Version": "2012-10-17"}'),
        (NUMBER, "8", 8),
        (NUMBER, "0.5", 0.5),
        (BOOL, "true", True),
        (Type("list", STRING), "a", ["a"]),
        (Type("set", NUMBER), ["1", 2], [1, 2]),
        (Type("map", STRING), {"k": 1}, {"k": "1"}),
        (Type("tuple", items=(STRING, NUMBER)), [1, 1], ["1", 1]),
        (Type("dynamic"), {"a": [1]}, Dynamic(["object", {"a": ["tuple", ["number"]]}], {
            "a": [1]
        })),
        (STRING, UNKNOWN, UNKNOWN),
        (STRING, None, None),
    ],
)  # fmt: skip
def test_a_value_takes_terraforms_type(kind: Type, value: Any, expected: Any) -> None:
    assert convert(kind, value) == (expected, [])


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (NUMBER, "many", "p: expected a number, not 'many'"),
        (NUMBER, True, "p: expected a number, not True"),
        (BOOL, "perhaps", "p: expected true or false, not 'perhaps'"),
        (Type("map", STRING), ["a"], "p: expected a map, not ['a']"),
        (Type("object", fields={}), "a", "p: expected an object, not 'a'"),
    ],
)
def test_a_value_that_cannot_is_told_with_its_place(kind: Type, value: Any, reason: str) -> None:
    assert convert(kind, value) == (None, [reason])


INNER = Type("object", fields={"port": Field("port", NUMBER, name="port", required=True)})
ROOT = Type(
    "object",
    fields={
        "name": Field("name", STRING, name="name", required=True),
        "arn": Field("arn", STRING, name="arn", computed=True),
        "password": Field("password", STRING, name="password", optional=True, sensitive=True),
        "check": Field("check", Type("list", INNER), name="healthCheck", nesting="list", one=True),
        "rule": Field("rule", Type("set", INNER), name="rules", nesting="set"),
        "unseen": Field("unseen", STRING, computed=True),
    },
)


def test_a_lone_element_is_wrapped_and_unwrapped() -> None:
    config, problems = convert(ROOT, {"name": "a", "healthCheck": {"port": 1}, "rules": []})
    assert problems == []
    assert config["check"] == [{"port": 1}]
    assert to_pulumi(ROOT, config) == {"name": "a", "healthCheck": {"port": 1}, "rules": []}


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"colour": "red"}, "p.colour: this provider version has no such property"),
        ({"rules": [{"port": 1, "prot": 2}]}, "p.rules[0].prot: this provider version has no such"),
        ({"arn": "x"}, "p.arn: this provider version only computes it"),
    ],
)
def test_what_terraform_does_not_have_is_refused_by_name(inputs: Any, reason: str) -> None:
    _, problems = convert(ROOT, inputs)
    assert [problem for problem in problems if problem.startswith(reason)] == problems != []


def test_the_engines_own_keys_are_not_terraforms() -> None:
    assert convert(ROOT, {"__defaults": ["name"]})[1] == []


def test_sensitive_attributes_become_secrets() -> None:
    state = {"name": "a", "password": "p", "check": [], "rule": []}
    assert to_pulumi(ROOT, state)["password"] == Secret("p")
    assert has_sensitive(ROOT, state)
    assert not has_sensitive(ROOT, {**state, "password": None})


def test_unseen_and_null_attributes_are_left_out() -> None:
    assert to_pulumi(ROOT, {"name": "a", "unseen": "x", "arn": None, "rule": None}) == {"name": "a"}


def test_an_unknown_stays_unknown() -> None:
    assert to_pulumi(ROOT, {"arn": UNKNOWN, "check": UNKNOWN}) == {
        "arn": UNKNOWN,
        "healthCheck": UNKNOWN,
    }
