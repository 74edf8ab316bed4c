"""`ignoreChanges`: the configuration takes the prior value."""

from __future__ import annotations

from typing import Any

import pytest

from toolchain.awsplugin.ignore import ignoring
from toolchain.awsplugin.model import Field, Type

STRING, NUMBER = Type("string"), Type("number")
RULE = Type(
    "object",
    fields={
        "from_port": Field("from_port", NUMBER, name="fromPort", optional=True),
        "note": Field("note", STRING, name="note", optional=True),
    },
)
ROOT = Type(
    "object",
    fields={
        "size": Field("size", NUMBER, name="desiredCapacity", optional=True, computed=True),
        "tags": Field("tags", Type("map", STRING), name="tags", optional=True),
        "step": Field("step", Type("list", RULE), name="steps", nesting="list"),
        "check": Field("check", Type("list", RULE), name="check", nesting="list", one=True),
        "rule": Field("rule", Type("set", RULE), name="rules", nesting="set"),
        "id": Field("id", STRING, name="theId", computed=True),
    },
)


def rule(port: int, note: str = "") -> dict[str, Any]:
    return {"from_port": port, "note": note}


@pytest.mark.parametrize(
    ("ignored", "config", "prior", "expected"),
    [
        ("desiredCapacity", {"size": 1}, {"size": 3}, {"size": 3}),
        ("tags", {"tags": {"a": "1"}}, {"tags": {"b": "2"}}, {"tags": {"b": "2"}}),
        ("tags.a", {"tags": {"a": "1", "b": "1"}}, {"tags": {"a": "2", "b": "2"}}, {
            "tags": {"a": "2", "b": "1"}
        }),
        ("tags.a", {"tags": {"a": "1"}}, {"tags": None}, {"tags": {}}),
        ("tags.a", {"tags": None}, {"tags": {"a": "2"}}, {"tags": {"a": "2"}}),
        ("tags[*]", {"tags": {"a": "1"}}, {"tags": {"b": "2"}}, {"tags": {"b": "2"}}),
        ("steps[1].fromPort", {"step": [rule(1), rule(2, "x")]}, {"step": [rule(5), rule(6)]}, {
            "step": [rule(1), rule(6, "x")]
        }),
        ("steps[*].fromPort", {"step": [rule(1), rule(2)]}, {"step": [rule(5), rule(6)]}, {
            "step": [rule(5), rule(6)]
        }),
        ("steps[0]", {"step": [rule(1, "x")]}, {"step": [rule(5)]}, {"step": [rule(5)]}),
        ("steps[7].note", {"step": [rule(1)]}, {"step": [rule(5)]}, {"step": [rule(1)]}),
        ("check.fromPort", {"check": [rule(1, "x")]}, {"check": [rule(2)]}, {
            "check": [rule(2, "x")]
        }),
        ("rules[0].fromPort", {"rule": [rule(1)]}, {"rule": [rule(2)]}, {"rule": [rule(1)]}),
        ("theId", {"id": None}, {"id": "x"}, {"id": None}),
        ("unheard", {"size": 1}, {"size": 3}, {"size": 1}),
        ("*", {"size": 1, "id": None}, {"size": 3, "id": "x"}, {"size": 3, "id": None}),
    ],
)  # fmt: skip
def test_an_ignored_path_keeps_what_is_there(
    ignored: str, config: dict[str, Any], prior: dict[str, Any], expected: dict[str, Any]
) -> None:
    before = {**config}
    found = ignoring(ROOT, config, prior, [ignored])
    assert {key: found[key] for key in expected} == expected
    assert config == before, "the configuration that was given is left as it is"
