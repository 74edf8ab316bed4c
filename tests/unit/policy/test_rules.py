"""Each rule is content with a good resource and speaks up at a planted mistake."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from policy.data import PROTECT_DATA
from policy.resource import Finding, Resource
from policy.rules import RESOURCE_RULES, STACK_RULES, findings
from tests.unit.policy.planted import BAD
from tests.unit.policy.resources import GOOD, TAGS, by_kind, good, statement

IDS = [f"{rule}-{kind}-{position}" for position, (rule, kind, _, _) in enumerate(BAD)]


def broken(*resources: Resource) -> list[Finding]:
    """Findings of the rules about one resource."""
    return [each for each in findings(resources) if each.rule != PROTECT_DATA]


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_resource_has_no_findings(kind: str) -> None:
    assert broken(good(kind)) == []


@pytest.mark.parametrize(("rule", "kind", "changes", "words"), BAD, ids=IDS)
def test_a_planted_mistake_is_found_by_its_rule_alone(
    rule: str, kind: str, changes: dict[str, Any], words: str
) -> None:
    found = broken(good(kind, changes))
    assert {each.rule for each in found} == {rule}
    assert words in found[0].message


@pytest.mark.parametrize(("rule", "kind", "changes", "words"), BAD, ids=IDS)
def test_a_finding_is_a_sentence_that_says_what_to_do_and_names_the_resource(
    rule: str, kind: str, changes: dict[str, Any], words: str
) -> None:
    for each in broken(good(kind, changes)):
        assert each.resource.label in each.message
        assert re.fullmatch(r"[A-Z][a-z]+ .+\.", each.message), each.message
        assert str(each).startswith(f"{rule}: ")


def test_each_rule_has_a_planted_mistake() -> None:
    assert {rule for rule, _, _, _ in BAD} == {each.name for each in RESOURCE_RULES}


def test_rules_are_named_once_and_described_in_a_sentence() -> None:
    rules = [*RESOURCE_RULES, *STACK_RULES]
    assert len({each.name for each in rules}) == len(rules)
    assert all(re.fullmatch(r"[A-Z].+\.", each.demand) for each in rules)


@pytest.mark.parametrize(
    "action",
    ["ssmmessages:OpenDataChannel", "ec2:DescribeInstances", "lakeformation:GetDataAccess"],
)
def test_an_action_without_resource_types_may_stand_beside_a_star(action: str) -> None:
    policy = statement(Action=action, Resource="*")
    assert broken(by_kind("iam.RolePolicy", policy=policy)) == []


def test_a_denial_may_be_as_wide_as_it_likes() -> None:
    policy = statement(Effect="Deny", NotAction="s3:GetObject", Resource="*")
    assert broken(by_kind("iam.RolePolicy", policy=policy)) == []


def test_a_document_may_come_as_a_map_with_a_single_statement() -> None:
    policy = {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a"}}
    (found,) = broken(by_kind("iam.RolePolicy", policy=policy))
    assert "s3:* is more than one in" not in found.message
    assert "statement number 1" in found.message


def test_switched_off_metadata_need_no_tokens() -> None:
    assert (
        broken(good("ec2.LaunchTemplate", {"metadataOptions": {"httpEndpoint": "disabled"}})) == []
    )


def test_an_asymmetric_key_cannot_rotate() -> None:
    assert broken(good("kms.Key", {"customerMasterKeySpec": "ECC_NIST_P256", "tags": TAGS})) == []


def test_types_of_other_providers_are_left_alone() -> None:
    other = Resource(type="pulumi-python:dynamic:Resource", name="it", properties={})
    component = Resource(type="millrace:index:Network", name="it", properties={})
    assert findings([other, component]) == []


def test_the_readme_lists_the_rules() -> None:
    text = (Path(__file__).parents[3] / "policy" / "README.md").read_text()
    listed = re.findall(r"^\| `(.+)` \| (.+) \|$", text, re.MULTILINE)
    assert listed == [(each.name, each.demand) for each in [*RESOURCE_RULES, *STACK_RULES]]
