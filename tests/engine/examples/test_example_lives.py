"""Every stack file of the repository, from nothing to nothing, on Pulumi's real engine.

Each comes into an account where others live, is judged by the policy pack, edited in ten places,
and destroyed. `prod` and `stage` share an account: stage comes and goes beside prod.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.engine.examples.conftest import ACCOUNTS, Life
from tests.engine.examples.edits import Edit, rows
from tests.engine.examples.stacks import effect_of

pytestmark = pytest.mark.engine

STACKS = [name for names in ACCOUNTS for name in names]
Lives = Callable[[str], Life]


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_comes_up_and_keeps_the_rules(lives: Lives, stack: str) -> None:
    lives(stack).came_through("up")
    assert lives(stack).made > 80, "what it makes can be seen by the account's listings"
    outputs = lives(stack).outputs
    assert outputs is not None
    assert outputs.stack == stack
    assert outputs.endpoint.host == f"connect.{outputs.zone_name}"


@pytest.mark.parametrize("stack", STACKS)
def test_a_second_preview_has_nothing_to_do(lives: Lives, stack: str) -> None:
    lives(stack).came_through("second preview")


@pytest.mark.parametrize("stack", STACKS)
def test_an_edit_of_ten_settings_is_planned_as_the_table_says(lives: Lives, stack: str) -> None:
    assert sum(each.is_for(stack) for each in rows()) >= 10
    lives(stack).came_through("edited preview")
    assert lives(stack).planned == lives(stack).expected


@pytest.mark.parametrize("stack", STACKS)
def test_an_edited_stack_comes_up_and_is_as_it_was_asked_to_be(lives: Lives, stack: str) -> None:
    for act in ("edited up", "preview of what was edited"):
        lives(stack).came_through(act)


@pytest.mark.parametrize("stack", STACKS)
def test_no_secret_is_in_the_state_in_clear(lives: Lives, stack: str) -> None:
    life = lives(stack)
    life.came_through("up")
    assert life.secrets >= 5, "token of each user, certificate, authority, Spark's secret"
    assert life.exposed == 0, "a state is copied and mailed; secrets in it are encrypted"


@pytest.mark.parametrize("stack", STACKS)
def test_a_refresh_shows_no_drift(lives: Lives, stack: str) -> None:
    lives(stack).came_through("refresh")


def test_a_stack_has_nothing_to_do_after_another_came_and_went(lives: Lives) -> None:
    lives("prod").came_through("preview after another stack")


@pytest.mark.parametrize("stack", STACKS)
def test_a_destroyed_stack_leaves_the_account_as_it_found_it(lives: Lives, stack: str) -> None:
    lives(stack).came_through("destroy")
    assert lives(stack).left == []


@pytest.mark.parametrize("edit", rows(), ids=lambda each: each.key)
def test_the_reference_says_of_a_setting_what_its_steps_do(edit: Edit) -> None:
    steps = edit.expected("millrace-prod", ("blue",))
    assert effect_of(steps) == edit.documented, f"docs/reference/config.md, {edit.key}"


@pytest.mark.parametrize("stack", STACKS)
def test_a_step_tells_which_setting_it_is_for(stack: str) -> None:
    steps = [step for each in rows() if each.is_for(stack) for step in each.steps]
    assert len(steps) == len(set(steps)), "settings of one stack that touch the same are not told"
