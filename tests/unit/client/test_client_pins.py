"""The pins that users install are the pins that were proved."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from lakehouse.versions import load_set, pin_files

ROOT = Path(__file__).parents[3]
CONSTRAINTS = {
    name: ROOT / "client" / "constraints" / f"spark-{load_set(name).spark}.txt"
    for name in pin_files()
}
of_every_set = pytest.mark.parametrize("version_set", pin_files())


def constraints(version_set: str) -> dict[str, str]:
    """Package -> exact version."""
    lines = CONSTRAINTS[version_set].read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_every_set_has_constraints_and_no_file_is_without_a_set() -> None:
    present = sorted((ROOT / "client" / "constraints").glob("*.txt"))
    assert present == sorted(CONSTRAINTS.values())


def test_the_default_constraints_are_the_project_s_client_group() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    group = dict(line.split("==") for line in project["dependency-groups"]["client"])
    assert constraints("spark-3.5") == group


@of_every_set
def test_the_image_carries_the_same_versions(version_set: str) -> None:
    baked = {each.name: each.version for each in load_set(version_set).python_artefacts}
    wanted = constraints(version_set)
    assert {name: baked.get(name) for name in wanted} == wanted


@of_every_set
def test_the_client_package_accepts_its_own_constraints(version_set: str) -> None:
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(line) for line in project["dependencies"]]
    if not version_set.startswith("spark-3"):
        extra = project["optional-dependencies"]["spark-4"]
        wanted += [Requirement(line) for line in extra]
    pinned = constraints(version_set)
    assert [str(each) for each in wanted if pinned[each.name] not in each.specifier] == []
