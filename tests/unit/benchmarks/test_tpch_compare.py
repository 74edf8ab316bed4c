"""When two answers are equal, and the 22 questions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from benchmarks.tpch.compare import difference
from benchmarks.tpch.demo import namespace_of
from benchmarks.tpch.engines import load_queries


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([], []),
        ([(1, "a")], [(1, "a")]),
        ([(1, "a"), (2, "b")], [(2, "b"), (1, "a")]),
        ([(Decimal("0.333333"),)], [(1 / 3,)]),
        ([(Decimal("1.50"), None)], [(1.5, None)]),
        ([(date(1995, 1, 1), 7)], [(date(1995, 1, 1), Decimal(7))]),
        ([("x", 1.0000001), ("x", 2.0)], [("x", 2.0), ("x", 1.0)]),
    ],
)
def test_equal_answers_are_equal(ours: list[Any], theirs: list[Any]) -> None:
    assert difference(ours, theirs) == ""


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ([(1,)], [], "1 rows against 0"),
        ([(1, 2)], [(1,)], "2 columns against 1"),
        ([("a", 1)], [("a", 1.001)], "column 2: 1.0 against 1.001"),
        ([("a",)], [("b",)], "column 1: 'a' against 'b'"),
        ([(None,)], [(0,)], "column 1: None against 0.0"),
        ([("a", 1), ("a", 1)], [("a", 1), ("a", 2)], "column 2: 1.0 against 2.0"),
    ],
)
def test_the_first_difference_is_told(ours: list[Any], theirs: list[Any], found: str) -> None:
    assert difference(ours, theirs).startswith(found)


def test_there_are_22_questions() -> None:
    assert list(load_queries(0.01)) == [f"q{number:02d}" for number in range(1, 23)]


def test_the_one_parameter_that_depends_on_the_scale_is_filled_in() -> None:
    assert "* 0.0100000000" in load_queries(0.01)["q11"]
    assert "* 0.0001000000" in load_queries(1)["q11"]


@pytest.mark.parametrize(("scale", "name"), [(0.01, "tpch_0_01"), (1.0, "tpch_1")])
def test_a_scale_has_a_namespace_that_s3_tables_accepts(scale: float, name: str) -> None:
    assert namespace_of(scale) == name
