"""Property paths in Pulumi's spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolchain.awsplugin.model import Field, Type
from toolchain.awsplugin.paths import parse, spell, to_pulumi

PATHS = [
    ("tags", ("tags",)),
    ("tags.Name", ("tags", "Name")),
    ('tags["a.b"]', ("tags", "a.b")),
    ("ingress[0].fromPort", ("ingress", 0, "fromPort")),
    ('a["say \\"hi\\""][2]', ("a", 'say "hi"', 2)),
]


@pytest.mark.parametrize(("text", "steps"), PATHS)
def test_paths_are_read(text: str, steps: tuple[str | int, ...]) -> None:
    assert parse(text) == steps


@pytest.mark.parametrize(("text", "steps"), PATHS)
def test_paths_are_spelled(text: str, steps: tuple[str | int, ...]) -> None:
    assert spell(steps) == text


@given(st.lists(st.text(min_size=1) | st.integers(0, 99), min_size=1, max_size=4))
def test_what_is_spelled_is_read(steps: list[str | int]) -> None:
    path = ("root", *steps)
    assert parse(spell(path)) == path


def test_every_element_is_a_step_of_its_own() -> None:
    assert parse("rules[*].id") == ("rules", "*", "id")


def test_terraform_steps_get_the_names_of_the_sdk() -> None:
    port = Field("from_port", Type("number"), name="fromPort", optional=True)
    rule = Type("object", fields={"from_port": port})
    many = Field("ingress", Type("set", rule), name="ingress", nesting="set")
    lone = Field("check", Type("list", rule), name="healthCheck", nesting="list", one=True)
    root = Type("object", fields={"ingress": many, "check": lone})
    assert to_pulumi(root, ("ingress", 0, "from_port")) == ("ingress", 0, "fromPort")
    assert to_pulumi(root, ("check", 0, "from_port")) == ("healthCheck", "fromPort")
