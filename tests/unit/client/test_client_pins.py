"""The pins that users install are the pins that were proved."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CONSTRAINTS = ROOT / "client" / "constraints" / "spark-3.5.7.txt"


def constraints() -> dict[str, str]:
    """Package -> exact version."""
    lines = [line for line in CONSTRAINTS.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("==") for line in lines)


def test_the_constraints_are_the_project_s_client_group() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    group = dict(line.split("==") for line in project["dependency-groups"]["client"])
    assert constraints() == group


@pytest.mark.parametrize("package", sorted(constraints()))
def test_the_image_carries_the_same_version(package: str) -> None:
    pins = json.loads((ROOT / "packer" / "versions.auto.pkrvars.json").read_text())
    baked = {each["version"] for each in pins["python_artefacts"] if each["name"] == package}
    assert baked == {constraints()[package]}


def test_the_client_package_accepts_its_own_constraints() -> None:
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text())
    wanted = [Requirement(line) for line in project["project"]["dependencies"]]
    refused = [str(each) for each in wanted if constraints()[each.name] not in each.specifier]
    assert not refused
