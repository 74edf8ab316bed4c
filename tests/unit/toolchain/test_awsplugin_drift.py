"""Inputs after a refresh and after an import."""

from __future__ import annotations

from typing import Any

import pytest

from toolchain.awsplugin.autoname import DEFAULTS
from toolchain.awsplugin.drift import imported, refreshed
from toolchain.awsplugin.model import Binding, Field, Type
from toolchain.awsplugin.wire import Secret


@pytest.mark.parametrize(
    ("inputs", "before", "now", "expected"),
    [
        ({"days": 7}, {"days": 7}, {"days": 7}, {"days": 7}),
        ({"days": 7}, {"days": 7}, {"days": 30}, {"days": 30}),
        ({"policy": "{}"}, {"policy": "{ }"}, {"policy": "{ }"}, {"policy": "{}"}),
        ({"tags": {"a": "1"}}, {"tags": {"a": "1"}}, {"tags": {"a": "2", "b": "3"}}, {
            "tags": {"a": "2", "b": "3"}
        }),
        ({"tags": {"a": "1"}}, {"tags": {"a": "1"}}, {"tags": {}}, {"tags": {}}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "made": 2}}, {"a": {"b": 3, "made": 2}}, {"a": {"b": 3}}),
        ({"p": Secret("x")}, {"p": Secret("x")}, {"p": Secret("y")}, {"p": Secret("y")}),
        ({"p": Secret("x")}, {"p": Secret("x")}, {"p": Secret("x")}, {"p": Secret("x")}),
        ({DEFAULTS: ["name"]}, {}, {}, {DEFAULTS: ["name"]}),
    ],
)  # fmt: skip
def test_only_what_drifted_is_taken_over(
    inputs: dict[str, Any], before: dict[str, Any], now: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert refreshed(inputs, before, now) == expected


def test_an_import_takes_what_could_have_been_given() -> None:
    text = Type("string")
    root = Type(
        "object",
        fields={
            "name": Field("name", text, name="name", required=True),
            "arn": Field("arn", text, name="arn", computed=True),
            "tags": Field("tags", Type("map", text), name="tags", optional=True),
            "note": Field("note", text, name="note", optional=True),
        },
    )
    binding = Binding("aws:x/y:Y", "aws_y", 0, root)
    outputs = {"name": "a", "arn": "arn", "tags": {}, "note": "", "__tf": "x", "region": "r"}
    assert imported(binding, outputs) == {"name": "a", DEFAULTS: []}
