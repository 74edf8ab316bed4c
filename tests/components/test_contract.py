"""What every component keeps, whichever it is: a new one is held to it by being built."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
from collections import Counter
from pathlib import Path

import pulumi_aws as aws
import pytest

from components._base import LakehouseComponent, outputs_of
from tests.components.programs import BUILDERS, ROOT, TAGS, whole
from tests.components.recorder import build

MODULES = sorted(
    path.stem for path in (ROOT / "components").glob("[a-z]*.py") if path.stem != "stack"
)
UNTAGGED = {
    # Provider releases before 6 cannot tag a table bucket; its key and namespaces say whose it is.
    "aws:s3tables/tableBucket:TableBucket",
    # Its tags are a list with a flag each; judged in the cluster's own tests.
    "aws:autoscaling/group:Group",
}


def classes_of(module: str) -> list[type[LakehouseComponent]]:
    loaded = importlib.import_module(f"components.{module}")
    return [
        each
        for _, each in inspect.getmembers(loaded, inspect.isclass)
        if issubclass(each, LakehouseComponent) and each.__module__ == loaded.__name__
    ]


def takes_tags(token: str) -> bool:
    package, module, kind = token.split(":")
    if package == "pulumi-python":
        return False
    resource = getattr(getattr(aws, module.split("/")[0]), kind)
    return "tags" in inspect.signature(resource._internal_init).parameters


def test_every_component_has_a_builder_here() -> None:
    assert set(BUILDERS) == set(MODULES), "a component without a builder would escape this file"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_holds_one_component_named_after_it(module: str) -> None:
    assert [each.__name__.lower() for each in classes_of(module)] == [module]


@pytest.mark.parametrize("module", MODULES)
def test_inputs_are_frozen_and_keyword_only_with_a_docstring_each(module: str) -> None:
    tree = ast.parse((ROOT / "components" / f"{module}.py").read_text())
    inputs = [
        each for each in tree.body if isinstance(each, ast.ClassDef) and each.name.endswith("Args")
    ]
    assert inputs, "a component takes its inputs as one value"
    loaded = importlib.import_module(f"components.{module}")
    for each in inputs:
        kind = getattr(loaded, each.name)
        assert dataclasses.is_dataclass(kind)
        assert kind.__dataclass_params__.frozen, f"{each.name} can be changed after validation"
        assert all(field.kw_only for field in dataclasses.fields(kind))
        for field, following in zip(each.body, [*each.body[1:], None], strict=True):
            if isinstance(field, ast.AnnAssign):
                described = isinstance(following, ast.Expr)
                assert described, f"{each.name}.{ast.unparse(field.target)} lacks a docstring"


@pytest.mark.parametrize("module", MODULES)
def test_children_hang_under_their_component_and_nothing_else(module: str) -> None:
    recorded = build(lambda: BUILDERS[module]("one"))
    token = f"millrace:index:{module.capitalize()}"
    assert {each.parent_type for each in recorded.custom} == {token}
    assert [each.type for each in recorded.components] == [token]


@pytest.mark.parametrize("module", MODULES)
def test_two_of_a_kind_do_not_share_a_name(module: str) -> None:
    recorded = build(lambda: [BUILDERS[module]("one"), BUILDERS[module]("two")])
    names = Counter((each.type, each.name) for each in recorded.resources)
    assert [each for each, count in names.items() if count > 1] == []


@pytest.mark.parametrize("module", MODULES)
def test_child_names_begin_with_the_component_s(module: str) -> None:
    recorded = build(lambda: BUILDERS[module]("one"))
    assert [each.name for each in recorded.custom if not each.name.startswith("one")] == []


@pytest.mark.parametrize("module", MODULES)
def test_what_takes_tags_has_them_and_a_name(module: str) -> None:
    recorded = build(lambda: BUILDERS[module]("one"))
    for each in recorded.custom:
        if each.type not in UNTAGGED and takes_tags(each.type):
            tags = each.inputs.get("tags", {})
            assert TAGS.items() <= tags.items(), f"{each.type} {each.name}: nobody pays for it"
            assert tags["Name"].startswith("one-"), f"{each.type} {each.name}: no name"


@pytest.mark.parametrize("module", MODULES)
def test_outputs_are_registered_as_the_class_annotates_them(module: str) -> None:
    recorded = build(lambda: BUILDERS[module]("one"))
    (kind,) = classes_of(module)
    token = f"millrace:index:{kind.__name__}"
    assert recorded.registered_outputs[token] == set(outputs_of(kind))


@pytest.mark.parametrize("module", MODULES)
def test_preview_shows_what_up_makes(module: str) -> None:
    shown = build(lambda: BUILDERS[module]("one"), preview=True)
    made = build(lambda: BUILDERS[module]("one"))
    assert {(each.type, each.name) for each in shown.resources} == {
        (each.type, each.name) for each in made.resources
    }, "a resource made inside apply is missing from preview"


@pytest.mark.parametrize("module", MODULES)
def test_no_secret_stands_in_clear(module: str) -> None:
    recorded = build(lambda: BUILDERS[module]("one"))
    for secret in recorded.secrets:
        leaks = [each.name for each in recorded.resources if secret in each.clear_text]
        assert leaks == [], "a secret would be readable in state and logs"


def test_secrets_are_found_at_all() -> None:
    recorded = whole("example")
    assert len(recorded.secrets) == len(recorded.of("SecretVersion"))


def test_components_do_not_import_each_other() -> None:
    public = set(MODULES) | {"stack"}
    for path in sorted(Path(ROOT / "components").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                target = node.module.removeprefix("components.")
                assert target not in public, f"{path.name} imports {node.module}"
