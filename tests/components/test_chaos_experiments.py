"""Experiments take the tagged workers of their generation, and nothing else can be taken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakehouse.chaos import VICTIM, VICTIM_TAG
from lakehouse.outputs import EXPORT
from tests.components.programs import chaos, stack_settings
from tests.components.recorder import Recorded, build

TEMPLATE = "aws:fis/experimentTemplate:ExperimentTemplate"


def templates(recorded: Recorded) -> dict[str, dict[str, Any]]:
    return {each.name: each.inputs for each in recorded.custom if each.type == TEMPLATE}


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return build(lambda: chaos("one"))


def test_each_generation_has_one_with_notice_and_one_without(recorded: Recorded) -> None:
    assert sorted(templates(recorded)) == [
        "one-blue-abrupt",
        "one-blue-notice",
        "one-green-abrupt",
        "one-green-notice",
    ]


@pytest.mark.parametrize("how", ["notice", "abrupt"])
def test_only_chosen_running_workers_of_the_generation_are_taken(
    recorded: Recorded, how: str
) -> None:
    (target,) = templates(recorded)[f"one-green-{how}"]["targets"]
    tags = {each["key"]: each["value"] for each in target["resourceTags"]}
    assert tags == {
        "millrace:project": "millrace",
        "millrace:stack": "example",
        "millrace:generation": "green",
        "millrace:role": "worker",
        VICTIM_TAG: VICTIM,
    }
    assert target["filters"] == [{"path": "State.Name", "values": ["running"]}]


def test_a_notice_is_that_of_spot(recorded: Recorded) -> None:
    (action,) = templates(recorded)["one-blue-notice"]["actions"]
    assert action["actionId"] == "aws:ec2:send-spot-instance-interruptions"
    assert action["parameters"] == [{"key": "durationBeforeInterruption", "value": "PT2M"}]
    assert action["target"] == {"key": "SpotInstances", "value": "workers"}


def test_an_alarm_stops_every_experiment(recorded: Recorded) -> None:
    for name, inputs in templates(recorded).items():
        (stop,) = inputs["stopConditions"]
        assert stop["source"] == "aws:cloudwatch:alarm", name
        assert "chaos" in stop["value"], "the alarm of its own generation"


def test_the_role_takes_tagged_workers_and_trusts_this_account_s_experiments(
    recorded: Recorded,
) -> None:
    (policy,) = [each.inputs for each in recorded.custom if each.type.endswith(":RolePolicy")]
    document = json.loads(policy["policy"])
    takes = next(each for each in document["Statement"] if each["Sid"] == "TakeWorkers")
    asked = takes["Condition"]["StringEquals"]
    assert asked[f"aws:ResourceTag/{VICTIM_TAG}"] == VICTIM
    assert asked["aws:ResourceTag/millrace:role"] == "worker", "a leader is never taken"
    assert asked["aws:ResourceTag/millrace:stack"] == "example"
    assert takes["Resource"].endswith(":instance/*")
    (role,) = [each.inputs for each in recorded.custom if each.type == "aws:iam/role:Role"]
    (trust,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "fis.amazonaws.com"}
    assert set(trust["Condition"]) == {"StringEquals", "ArnLike"}, "no confused deputy"


def test_the_shipped_stacks_have_no_experiments() -> None:
    for stack in ("local", "dev", "stage", "example", "prod"):
        asked = stack_settings(stack).get("millrace:chaos", {})
        assert not asked.get("enabled"), f"{stack}: off unless somebody wants them"


def exported(stack: str, **chaos_settings: Any) -> dict[str, Any]:
    import runpy

    from tests.components.programs import ROOT

    config = {**stack_settings(stack), "millrace:chaos": chaos_settings}
    recorded = build(lambda: runpy.run_path(str(ROOT / "__main__.py")), stack=stack, config=config)
    document: dict[str, Any] = recorded.exports[EXPORT]["chaos"]
    return document


def test_outputs_name_the_experiments_and_say_that_prod_is_production() -> None:
    told = exported("prod", enabled=True)
    assert set(told["experiments"]) == {"blue", "green"}
    assert set(told["experiments"]["blue"]) == {"notice", "abrupt"}
    assert told["production"] == "its tag environment is prod"


def test_the_local_stack_is_no_production_and_has_none() -> None:
    assert exported("local") == {"production": "", "experiments": {}}
