"""Where machines may be taken on purpose, how many, and which."""

from __future__ import annotations

import pytest

from lakehouse.chaos import choose, how_many, production, refuse_production
from lakehouse.errors import PreflightError
from lakehouse.outputs import ChaosOutputs


@pytest.mark.parametrize(
    ("stack", "tags", "protected", "declared", "is_production"),
    [
        ("local", {"environment": "local"}, False, None, False),
        ("stage", {"environment": "stage"}, True, None, False),
        ("dev", {"environment": "dev"}, False, None, False),
        ("eu", {"environment": "prod"}, True, None, True),
        ("eu", {"environment": " Production "}, False, None, True),
        ("prod", {}, False, None, True),
        # Protected data, and nobody said what it is for.
        ("eu", {}, True, None, True),
        ("eu", {}, False, None, False),
        # What is declared wins, either way.
        ("prod", {"environment": "prod"}, True, False, False),
        ("dev", {"environment": "dev"}, False, True, True),
    ],
)
def test_production_is_what_is_declared_tagged_named_or_protected_without_a_word(
    stack: str,
    tags: dict[str, str],
    protected: bool,
    declared: bool | None,
    is_production: bool,
) -> None:
    reason = production(stack, tags, protected=protected, declared=declared)
    assert bool(reason) is is_production, reason


def test_outputs_that_do_not_say_what_a_stack_is_for_are_taken_for_production() -> None:
    assert ChaosOutputs().production, "an older stack must not be an open door"


def test_production_is_refused_with_its_reason_and_the_way_past() -> None:
    with pytest.raises(PreflightError, match=r"its tag environment is prod.*--yes-production"):
        refuse_production("eu", "its tag environment is prod", confirmed=False)


def test_production_is_not_refused_when_it_is_meant() -> None:
    refuse_production("eu", "its tag environment is prod", confirmed=True)


@pytest.mark.parametrize(
    ("share", "workers", "taken"),
    [
        ("30%", 10, 3),
        ("30%", 3, 1),
        ("1%", 4, 1),
        ("34%", 3, 2),
        ("100%", 5, 5),
        ("2", 5, 2),
        ("9", 5, 5),
    ],
)
def test_a_share_is_rounded_up_and_never_more_than_there_are(
    share: str, workers: int, taken: int
) -> None:
    assert how_many(share, workers) == taken


@pytest.mark.parametrize("share", ["0", "0%", "101%", "-1", "a third", "30 %", ""])
def test_what_is_no_share_is_refused(share: str) -> None:
    with pytest.raises(PreflightError, match="--workers"):
        how_many(share, 3)


def test_nobody_to_interrupt_is_said() -> None:
    with pytest.raises(PreflightError, match="no spot worker"):
        how_many("30%", 0)


def test_the_busiest_are_chosen_and_ties_are_settled_by_name() -> None:
    assert choose({"c": 0, "b": 2, "a": 2, "d": 1}, 3) == ["a", "b", "d"]
