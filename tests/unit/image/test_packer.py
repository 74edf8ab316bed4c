"""The Packer files say of an AMI what it is made of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ops.image.validate import BAKES

_PACKER = Path(__file__).parents[3] / "packer"
_VARIABLES = (_PACKER / "variables.pkr.hcl").read_text(encoding="utf-8")
_LOCALS = (_PACKER / "locals.pkr.hcl").read_text(encoding="utf-8")
_SOURCE = (_PACKER / "source.pkr.hcl").read_text(encoding="utf-8")
_BUILD = (_PACKER / "build.pkr.hcl").read_text(encoding="utf-8")


@pytest.mark.parametrize("tag", ["content-hash", "git-revision", "version-set"])
def test_an_ami_is_tagged_with_what_identifies_it(tag: str) -> None:
    variable = tag.replace("-", "_")
    assert re.search(rf'"millrace:{tag}" += var\.{variable}\n', _LOCALS)


def test_an_ami_is_tagged_with_every_components_version() -> None:
    assert "for component, version in var.versions :" in _LOCALS


@pytest.mark.parametrize("what", ["tags", "snapshot_tags", "run_tags", "run_volume_tags"])
def test_everything_a_bake_makes_carries_the_tags(what: str) -> None:
    assert re.search(rf"^  {what} += local\.tags$", _SOURCE, re.M)


def test_the_source_ami_is_debians_own() -> None:
    assert 'owners      = ["136693071363"]' in _SOURCE


def test_a_manifest_records_amis_only() -> None:
    block = _BUILD[_BUILD.index('post-processor "manifest"') :]
    assert 'only       = ["amazon-ebs.image"]' in block


@pytest.mark.parametrize("key", ["architecture", "content_hash", "git_revision", "version_set"])
def test_the_manifest_says_what_an_ami_is_made_of(key: str) -> None:
    block = _BUILD[_BUILD.index('post-processor "manifest"') :]
    assert re.search(rf"{key} += var\.{key}\n", block)


def test_both_architectures_and_private_subnets_are_validated() -> None:
    said = [(bake.get("architecture"), bake.get("ssh_interface")) for bake in BAKES.values()]
    assert said == [("arm64", None), ("x86_64", None), (None, "session_manager")]


@pytest.mark.parametrize("bake", BAKES)
def test_a_bake_sets_declared_variables_only(bake: str) -> None:
    declared = set(re.findall(r'^variable "(\w+)"', _VARIABLES, re.M))
    assert set(BAKES[bake]) <= declared


def test_every_variable_says_what_it_is() -> None:
    blocks = re.findall(r'^variable "(\w+)" {\n(.*?)^}', _VARIABLES, re.M | re.S)
    assert [name for name, block in blocks if "description" not in block] == []
