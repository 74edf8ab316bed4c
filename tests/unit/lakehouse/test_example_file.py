"""`Pulumi.example.yaml` shows every setting, in use or behind a #, and nothing that is not one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakehouse.config import LakehouseConfig
from lakehouse.reference import documented

PATH = Path(__file__).parents[3] / "Pulumi.example.yaml"
TEXT = PATH.read_text()
SETTING = re.compile(r"( *)# ( *)(- |[A-Za-z_.:]+:( |$))")
"""A line that would be one without its #; prose has a word, and then another."""

UNSET = ("unset", "`[]`", "`{}`", '`""`')
"""Defaults that say nothing, so that the file has an example instead."""


def with_everything() -> dict[str, Any]:
    """The stack with all that is behind a # in use."""
    lines = [
        line.replace("# ", "", 1) if SETTING.match(line) else line for line in TEXT.splitlines()
    ]
    read = yaml.safe_load("\n".join(lines))
    assert isinstance(read, dict)
    return dict(read["config"])


EVERYTHING = with_everything()


def keys(value: Any, above: str) -> Iterator[tuple[str, Any]]:
    """Every place of a tree and what is there; names that users give are <name>."""
    yield above, value
    if isinstance(value, list):
        for each in value:
            yield from keys(each, f"{above}[]")
    if isinstance(value, dict):
        for name, below in value.items():
            for spelt in (name, "<name>"):
                yield from keys(below, f"{above}.{spelt}")


SHOWN = dict(
    found
    for name, value in EVERYTHING.items()
    for found in keys(value, name.removeprefix("millrace:"))
)


def places(key: str) -> list[str]:
    """Where a setting may stand: a tier has those of the catalog, a table those of every table."""
    shorter = [key, key.replace(".tiers.<name>.", ".")]
    return [*shorter, *(each.replace(".tables.<name>.", ".maintenance.") for each in shorter)]


@pytest.mark.parametrize("key", documented())
def test_a_setting_is_in_the_file(key: str) -> None:
    assert any(place in SHOWN for place in places(key)), f"{PATH.name} has no {key}"


@pytest.mark.parametrize(("key", "setting"), documented().items())
def test_what_is_behind_a_hash_is_the_default(key: str, setting: Any) -> None:
    used = dict(
        found
        for name, value in yaml.safe_load(TEXT)["config"].items()
        for found in keys(value, name.removeprefix("millrace:"))
    )
    if key in used or key not in SHOWN or "<name>" in key or "[]" in key:
        return
    if setting.default in UNSET or setting.default.startswith("none: "):
        return
    assert json.dumps(SHOWN[key]) == setting.default.strip("`")


def test_the_file_as_it_is_can_be_brought_up() -> None:
    assert LakehouseConfig.from_pulumi(yaml.safe_load(TEXT)["config"])


def test_the_file_with_everything_in_use_can_be_brought_up() -> None:
    both = dict(EVERYTHING)
    # One VPC or the other, and Lake Formation for what needs it.
    both["millrace:network"] = {
        key: value for key, value in both["millrace:network"].items() if key != "vpc"
    }
    governed = {"federation": "create", "third_party_engines": True}
    both["millrace:governance"] = {**both["millrace:governance"], **governed}
    assert LakehouseConfig.from_pulumi(both)
