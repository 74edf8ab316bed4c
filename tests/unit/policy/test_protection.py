"""Data is protected unless the whole stack says, in a tag, that it may be lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.data import PROTECT_DATA
from policy.resource import Resource
from policy.rules import findings
from tests.unit.policy.resources import TAGS, good

DATA = ("kms.Key", "s3.Bucket", "s3tables.Table", "s3tables.TableBucket")
DISPOSABLE = {**TAGS, "lifetime": "disposable"}


def messages(*resources: Resource) -> list[str]:
    return [each.message for each in findings(resources) if each.rule == PROTECT_DATA]


@pytest.mark.parametrize("kind", DATA)
def test_data_must_be_protected(kind: str) -> None:
    (message,) = messages(good(kind))
    assert message == (f"Protect {kind} 'it' from deletion, or tag the stack lifetime: disposable.")


@pytest.mark.parametrize("kind", DATA)
def test_protected_data_is_fine(kind: str) -> None:
    assert messages(replace(good(kind), protect=True)) == []


def test_protection_does_not_help_what_is_emptied_by_force() -> None:
    (message,) = messages(replace(good("s3.Bucket", {"forceDestroy": True}), protect=True))
    assert message.startswith("Take forceDestroy off s3.Bucket 'it'")


def test_a_secret_can_be_restored() -> None:
    assert messages(good("secretsmanager.Secret")) == []
    (message,) = messages(good("secretsmanager.Secret", {"recoveryWindowInDays": 0}))
    assert message.startswith("Let secretsmanager.Secret 'it' be restored for 7 to 30 days")


def test_a_disposable_stack_may_lose_its_data() -> None:
    stack = [good("kms.Key", {"tags": DISPOSABLE}), good("s3tables.TableBucket")]
    assert messages(*stack) == []


def test_one_resource_that_does_not_say_so_keeps_the_whole_stack() -> None:
    group = good("autoscaling.Group", {"tags": [{"key": "lifetime", "value": "disposable"}]})
    said = [group, good("kms.Key", {"tags": DISPOSABLE})]
    assert messages(*said) == []
    assert len(messages(*said, good("ec2.Subnet"))) == 1


def test_resources_without_tags_make_nothing_disposable() -> None:
    assert len(messages(good("s3tables.TableBucket"))) == 1


def test_tags_that_are_not_aws_s_own_say_nothing_about_it() -> None:
    dynamic = Resource(
        type="pulumi-python:dynamic/lakehouse:Tagged",
        name="sales",
        properties={"tags": {"domain": "sales"}},
    )
    assert messages(good("kms.Key", {"tags": DISPOSABLE}), dynamic) == [], "LF-tags of a table"
