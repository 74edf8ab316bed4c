"""What must not be seen is marked, kept and left out of messages."""

from __future__ import annotations

from typing import Any

import pytest

from toolchain.awsplugin.secrets import contains_secret, mark, redact, reveal, telling
from toolchain.awsplugin.wire import Secret

PASSWORD = "correct-horse"


@pytest.mark.parametrize(
    ("outputs", "inputs", "expected"),
    [
        ({"a": 1}, {"a": Secret(1)}, {"a": Secret(1)}),
        ({"a": {"b": "x", "c": "y"}}, {"a": {"b": Secret("x")}}, {
            "a": {"b": Secret("x"), "c": "y"}
        }),
        ({"a": {"b": "x"}}, {"a": Secret({"b": "x"})}, {"a": Secret({"b": "x"})}),
        ({"a": ["x", "y"]}, {"a": ["x", Secret("y")]}, {"a": ["x", Secret("y")]}),
        ({"a": ["x"]}, {"a": ["x", Secret("y")]}, {"a": Secret(["x"])}),
        ({"a": PASSWORD, "b": f"user:{PASSWORD}@host"}, {"a": Secret(PASSWORD)}, {
            "a": Secret(PASSWORD), "b": Secret(f"user:{PASSWORD}@host")
        }),
        ({"a": "1", "b": "1"}, {"a": Secret("1")}, {"a": Secret("1"), "b": "1"}),
        ({"a": None}, {"a": Secret("x")}, {"a": None}),
    ],
)  # fmt: skip
def test_an_output_of_a_secret_input_is_secret(
    outputs: dict[str, Any], inputs: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert mark(outputs, inputs) == expected


def test_marks_come_from_every_source() -> None:
    assert mark({"a": 1, "b": 2}, {"a": Secret(1)}, {"b": Secret(2)}) == {
        "a": Secret(1),
        "b": Secret(2),
    }


def test_marks_can_be_taken_off() -> None:
    assert reveal({"a": [Secret({"b": Secret(1)})]}) == {"a": [{"b": 1}]}


def test_a_mark_deep_inside_is_found() -> None:
    assert contains_secret({"a": [{"b": Secret(1)}]})
    assert not contains_secret({"a": [{"b": 1}]})


def test_texts_of_secrets_are_left_out_of_messages() -> None:
    texts = telling({"a": Secret({"b": [PASSWORD, "no"]})})
    assert redact(f"cannot use {PASSWORD}, no", texts) == "cannot use [secret], no"


def test_a_secret_does_not_print_itself() -> None:
    assert PASSWORD not in repr({"a": Secret(PASSWORD)})
