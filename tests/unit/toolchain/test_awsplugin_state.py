"""Terraform's state inside a Pulumi output."""

from __future__ import annotations

import json

import pytest

from lakehouse.errors import ContractError
from toolchain.awsplugin.model import Binding, Type
from toolchain.awsplugin.state import PROPERTY, Saved, saved, with_timeout

BINDING = Binding("aws:x/y:Y", "aws_y", 0, Type("object"))
TIMEOUTS = "e2bfb730-ecaa-11e6-8f88-34363bc7c4c0"


def test_what_is_saved_is_found_again() -> None:
    kept = Saved({"id": "a"}, b"\x00\xff", 3)
    assert saved(BINDING, {PROPERTY: kept.text()}) == kept


def test_a_resource_without_a_saved_state_is_a_strangers() -> None:
    assert saved(BINDING, {"id": "a"}) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", "null"])
def test_a_broken_state_is_told_apart(text: str) -> None:
    with pytest.raises(ContractError, match="import the resource again"):
        saved(BINDING, {PROPERTY: text})


def test_a_timeout_joins_those_of_the_type() -> None:
    private = json.dumps({TIMEOUTS: {"create": 1, "delete": 2}, "schema_version": "1"}).encode()
    found = json.loads(with_timeout(private, "create", 90.0))
    assert found == {TIMEOUTS: {"create": 90_000_000_000, "delete": 2}, "schema_version": "1"}


@pytest.mark.parametrize(("private", "seconds"), [(b"{}", 0), (b"\x81\xa1", 5), (b"[]", 5)])
def test_private_data_is_left_alone_without_need_or_understanding(
    private: bytes, seconds: float
) -> None:
    assert with_timeout(private, "create", seconds) == private
