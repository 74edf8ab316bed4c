"""The policy pack is a thin adapter: each rule is a policy that tells the engine its findings."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml

from policy.adapter import policies
from policy.resource import Resource
from policy.rules import RESOURCE_RULES, STACK_RULES
from tests.unit.policy.resources import good

PACK = Path(__file__).parents[3] / "policy" / "pack"


class EnforcementLevel(Enum):
    """As the pack's SDK has it."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"


@dataclass(kw_only=True)
class Policy:
    """What the SDK is given."""

    name: str
    description: str
    validate: Callable[[Any, Callable[..., None]], None]


class ResourceValidationPolicy(Policy):
    """About one resource."""


class StackValidationPolicy(Policy):
    """About all of them."""


@dataclass
class FakeSdk(ModuleType):
    """`pulumi_policy`, as far as the pack uses it; a pack is kept instead of served."""

    packs: list[dict[str, Any]] = field(default_factory=list)
    EnforcementLevel = EnforcementLevel
    ResourceValidationPolicy = ResourceValidationPolicy
    StackValidationPolicy = StackValidationPolicy

    def PolicyPack(self, **arguments: Any) -> None:
        self.packs.append(arguments)


def engine(resource: Resource) -> Any:
    """A resource as the engine shows it to a policy."""
    return SimpleNamespace(
        resource_type=resource.type,
        props=resource.properties,
        name=resource.name,
        urn=f"urn:pulumi:prod::millrace::{resource.type}::{resource.name}",
        opts=SimpleNamespace(protect=resource.protect),
    )


def said(policy: Policy, args: Any) -> list[tuple[str, ...]]:
    """What a policy reports."""
    reports: list[tuple[str, ...]] = []
    policy.validate(args, lambda *report: reports.append(report))
    return reports


@pytest.fixture
def by_name() -> dict[str, Policy]:
    return {each.name: each for each in policies(FakeSdk())}


def test_each_rule_is_a_policy_of_its_kind(by_name: dict[str, Policy]) -> None:
    assert set(by_name) == {each.name for each in [*RESOURCE_RULES, *STACK_RULES]}
    for rule in RESOURCE_RULES:
        assert isinstance(by_name[rule.name], ResourceValidationPolicy)
    for stack_rule in STACK_RULES:
        assert isinstance(by_name[stack_rule.name], StackValidationPolicy)


def test_a_policy_of_a_resource_reports_its_findings(by_name: dict[str, Policy]) -> None:
    rotate = by_name["rotate-keys"]
    assert said(rotate, engine(good("kms.Key"))) == []
    bad = engine(good("kms.Key", {"enableKeyRotation": False}))
    assert said(rotate, bad) == [("Let AWS renew kms.Key 'it': set enableKeyRotation to true.",)]


def test_a_policy_of_the_stack_reports_at_the_resource_it_is_about(
    by_name: dict[str, Policy],
) -> None:
    stack = SimpleNamespace(resources=[engine(good("ec2.Subnet")), engine(good("kms.Key"))])
    ((message, urn),) = said(by_name["protect-data"], stack)
    assert "kms.Key 'it'" in message
    assert urn.endswith("aws:kms/key:Key::it")


def test_a_value_that_is_not_known_yet_is_left_to_the_sdk(by_name: dict[str, Policy]) -> None:
    class Unknown(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            raise LookupError(key)

    args = engine(good("kms.Key"))
    args.props = Unknown()
    with pytest.raises(LookupError):
        said(by_name["rotate-keys"], args)


def test_the_pack_is_mandatory(monkeypatch: pytest.MonkeyPatch) -> None:
    sdk = FakeSdk()
    monkeypatch.setitem(sys.modules, "pulumi_policy", sdk)
    monkeypatch.setattr(sys, "path", [*sys.path])
    runpy.run_path(str(PACK), run_name="__main__")
    (pack,) = sdk.packs
    assert pack["name"] == "millrace"
    assert pack["enforcement_level"] is EnforcementLevel.MANDATORY
    assert len(pack["policies"]) == len(RESOURCE_RULES) + len(STACK_RULES)


def test_reading_the_pack_needs_no_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pulumi_policy", None)
    assert callable(runpy.run_path(str(PACK / "__main__.py"))["serve"])


def test_the_pack_says_what_runs_it() -> None:
    project = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())
    assert project["runtime"]["name"] == "python"
    environment = PACK / project["runtime"]["options"]["virtualenv"]
    assert environment.resolve() == (PACK.parents[1] / ".venv").resolve()


def test_the_engine_may_start_the_pack_as_a_program() -> None:
    assert os.access(PACK / "analyzer", os.X_OK)
    assert "pulumi.policy" in (PACK / "analyzer").read_text()
