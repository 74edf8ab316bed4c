"""Names are stable, readable and within the limits of AWS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.errors import ConfigError
from lakehouse.names import AUTONAME_SUFFIX, STACK_NAME, Names, fit

NAMES = Names(project="millrace", stack="prod")


@given(st.text("abcdefghij-", min_size=1, max_size=80), st.integers(20, 64))
def test_a_fitted_name_leaves_room_for_pulumi_s_suffix(name: str, limit: int) -> None:
    assert len(fit(name, limit)) + AUTONAME_SUFFIX <= limit


def test_a_short_name_stays_as_it_is() -> None:
    assert fit("millrace-prod-blue", 32) == "millrace-prod-blue"


def test_long_names_that_begin_alike_stay_apart() -> None:
    assert fit("millrace-production-blue", 30) != fit("millrace-production-green", 30)


def test_the_endpoint_and_the_leaders_have_names_in_the_zone() -> None:
    assert NAMES.connect_host("lake.internal") == "connect.lake.internal"
    assert NAMES.leader_host("blue", "lake.internal") == "leader-blue.lake.internal"


def test_our_tags_cannot_be_overwritten() -> None:
    tags = NAMES.tags({"team": "data", "millrace:stack": "other"})
    assert tags == {"team": "data", "millrace:project": "millrace", "millrace:stack": "prod"}


def test_logs_are_found_by_stack_and_generation() -> None:
    assert NAMES.log_group("blue") == "/millrace/prod/blue"


@pytest.mark.parametrize("stack", ["", "Prod", "a_b", "-a", "a-", "a--b", "1a", "x" * 25])
def test_a_stack_name_that_aws_refuses_is_refused(stack: str) -> None:
    with pytest.raises(ConfigError, match=f"use up to {STACK_NAME} lower case"):
        Names(project="millrace", stack=stack)
