"""Every stack file of the repository keeps the rules, and the rules would notice if it did not."""

from __future__ import annotations

import copy
import runpy
from typing import Any

import pytest

from lakehouse.config import LakehouseConfig
from policy import data
from policy.resource import Resource
from policy.rules import Finding, findings
from tests.components.programs import BUILDERS, ROOT, stack_config, stack_settings, whole
from tests.components.recorder import Recorded, build

STACKS = sorted(path.stem.removeprefix("Pulumi.") for path in ROOT.glob("Pulumi.*.yaml"))


def judged(recorded: Recorded) -> list[Finding]:
    return findings(
        [
            Resource(
                type=each.type,
                name=each.name,
                properties=each.inputs,
                protect=each.options.protect,
            )
            for each in recorded.custom
        ]
    )


def changed(stack: str, section: str, **changes: Any) -> Recorded:
    """The program on a stack file with a few settings changed."""
    settings = copy.deepcopy(stack_settings(stack))
    settings[section] = {**settings.get(section, {}), **changes}
    return build(lambda: runpy.run_path(str(ROOT / "__main__.py")), stack=stack, config=settings)


def test_the_example_stacks_are_all_there() -> None:
    assert {"dev", "stage", "prod", "example", "local"} <= set(STACKS)


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_has_no_findings(stack: str) -> None:
    assert [str(each) for each in judged(whole(stack))] == []


@pytest.mark.parametrize("stack", ["stage", "prod", "example"])
def test_a_stack_that_people_depend_on_protects_its_data(stack: str) -> None:
    config = stack_config(stack)
    assert config.catalog.protect
    assert config.tags.get(data.LIFETIME) != data.DISPOSABLE


@pytest.mark.parametrize("stack", ["dev", "local"])
def test_a_stack_for_trying_things_out_says_that_its_data_may_be_lost(stack: str) -> None:
    assert stack_config(stack).tags[data.LIFETIME] == data.DISPOSABLE


def test_prod_survives_a_zone_and_is_larger_than_dev() -> None:
    def workers(config: LakehouseConfig) -> int:
        return sum(each.workers.maximum for each in config.generations.values())

    dev, stage, prod = (stack_config(each) for each in ("dev", "stage", "prod"))
    assert len(prod.network.zones) >= 3
    assert workers(dev) < workers(stage) < workers(prod)


def test_environments_of_one_account_can_be_peered() -> None:
    ranges = [stack_config(each).network.cidr for each in ("dev", "stage", "prod")]
    assert len(set(ranges)) == len(ranges)


@pytest.mark.parametrize("component", BUILDERS)
def test_a_component_has_no_findings_whichever_it_is(component: str) -> None:
    recorded = build(lambda: BUILDERS[component]("one"))
    # Tags and managed policies are handed in, and those of the builders are made up.
    handed_in = {"mandatory-tags", "own-policies"}
    assert [str(each) for each in judged(recorded) if each.rule not in handed_in] == []


def test_unprotected_data_of_prod_would_be_found() -> None:
    found = judged(changed("prod", "millrace:catalog", protect=False))
    assert {each.rule for each in found} == {data.PROTECT_DATA}
    assert {each.resource.kind for each in found} >= {"kms.Key", "s3tables.TableBucket"}


def test_secrets_of_prod_that_are_gone_at_once_would_be_found() -> None:
    found = judged(changed("prod", "millrace:access", secret_recovery_days=0))
    assert {each.resource.kind for each in found} == {"secretsmanager.Secret"}
