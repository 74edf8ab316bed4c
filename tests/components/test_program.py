"""The whole program on the stacks that the repository ships."""

from __future__ import annotations

import ast
import re
import runpy

import pytest

from lakehouse.config import LakehouseConfig
from lakehouse.errors import ConfigError
from lakehouse.outputs import EXPORT, StackOutputs
from tests.components.programs import ROOT, stack_config, stack_settings, whole
from tests.components.recorder import build

STACKS = ("example", "local")


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_exports_one_document_that_ops_can_read(stack: str) -> None:
    exports = whole(stack).exports
    assert set(exports) == {EXPORT}
    outputs = StackOutputs.from_mapping(exports)
    assert outputs.stack == stack
    assert outputs.generation("blue").leader_host == "leader-blue.lakehouse.internal"
    assert set(outputs.endpoint.tokens) == set(stack_config(stack).access.users)


@pytest.mark.parametrize("stack", STACKS)
def test_the_export_can_be_read_without_the_stack_s_passphrase(stack: str) -> None:
    assert whole(stack).secret_exports == set(), "operators would need --show-secrets"


@pytest.mark.parametrize("stack", STACKS)
def test_the_export_holds_no_secret(stack: str) -> None:
    recorded = whole(stack)
    text = str(recorded.exports)
    assert [secret for secret in recorded.secrets if secret in text] == []
    assert "PRIVATE KEY" not in text


def test_the_local_stack_differs_from_the_example_in_values_only() -> None:
    shapes = []
    for stack in STACKS:
        config = stack_config(stack)
        own = {*config.access.users, *config.catalog.namespaces}
        own |= {re.sub(r"[./]", "-", cidr) for cidr in config.network.clients}
        own |= {re.sub(r"[./]", "-", cidr) for cidr in (config.network.cidr,)}
        shapes.append(
            {
                (each.type, each.parent_type, generic(each.name, stack, own), keys(each.inputs))
                for each in whole(stack).resources
                # Who is let in and told, and the trail, are a stack's own choice of values.
                if "ssh-to" not in each.name
                and not is_of_a_tier(each.name, config)
                and each.type != "aws:sns/topicSubscription:TopicSubscription"
                and each.parent_type != "millrace:index:Audit"
            }
        )
    example, local = shapes
    assert example == local, "the local cloud must run what AWS runs"


def is_of_a_tier(name: str, config: LakehouseConfig) -> bool:
    """Whether a resource is there because its stack has a tier more than another."""
    return any(f"-{tier}-" in f"{name}-" for tier in config.catalog.tiers)


def generic(name: str, stack: str, own: set[str]) -> str:
    """A logical name without the values that its stack file chose."""
    name = name.replace(f"-{stack}", "-STACK")
    for value in sorted(own, key=len, reverse=True):
        name = re.sub(rf"-{re.escape(value)}(?=-|$)", "-VALUE", name)
    return name


def keys(inputs: object) -> frozenset[str]:
    """Names of the properties that are set; those a stack leaves out are not a difference."""
    optional = {"keyName", "tags"}
    return frozenset(inputs) - optional if isinstance(inputs, dict) else frozenset()


@pytest.mark.parametrize("stack", STACKS)
def test_preview_shows_what_up_makes(stack: str) -> None:
    shown, made = whole(stack, preview=True), whole(stack)
    assert {(each.type, each.name) for each in shown.resources} == {
        (each.type, each.name) for each in made.resources
    }


def test_a_stack_stays_small_enough_to_read() -> None:
    assert len(whole("example").custom) < 120


def test_the_root_is_a_list_of_components_without_logic() -> None:
    text = (ROOT / "__main__.py").read_text()
    logic = (ast.If, ast.While, ast.Try, ast.FunctionDef, ast.Lambda, ast.IfExp)
    assert len(text.splitlines()) <= 80
    assert [
        ast.unparse(each) for each in ast.walk(ast.parse(text)) if isinstance(each, logic)
    ] == []


def test_nothing_is_registered_when_the_configuration_is_wrong() -> None:
    settings = stack_settings("example")
    settings["millrace:network"] = {**settings["millrace:network"], "cidr": "10.0.0.0/8"}
    with pytest.raises(ConfigError, match=r"millrace:network\.cidr"):
        build_main("example", settings)


def build_main(stack: str, settings: dict[str, object]) -> object:
    return build(lambda: runpy.run_path(str(ROOT / "__main__.py")), stack=stack, config=settings)


@pytest.mark.parametrize("stack", ["Production", "a--b", "a" * 25])
def test_a_stack_name_that_aws_would_refuse_is_refused_first(stack: str) -> None:
    with pytest.raises(ConfigError, match="stack name"):
        build_main(stack, stack_settings("example"))


def test_no_component_asks_which_stack_it_is() -> None:
    for path in sorted((ROOT / "components").glob("*.py")):
        tree = ast.parse(path.read_text())
        words = [each.value for each in ast.walk(tree) if isinstance(each, ast.Constant)]
        assert "local" not in words, f"{path.name} knows a stack by name"
