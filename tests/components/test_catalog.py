"""Catalog: encrypted, maintained, and hard to lose."""

from __future__ import annotations

import json

import pytest

from tests.components.programs import catalog
from tests.components.recorder import Recorded, build


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return build(lambda: catalog("cat"))


@pytest.mark.parametrize("kind", ["TableBucket", "Key"])
def test_data_and_its_key_are_protected_unless_the_owner_says_otherwise(
    recorded: Recorded, kind: str
) -> None:
    assert recorded.one(kind).options.protect
    assert not build(lambda: catalog("cat", protect=False)).one(kind).options.protect


def test_tables_are_encrypted_with_the_stack_s_own_key(recorded: Recorded) -> None:
    encryption = recorded.one("TableBucket").inputs["encryptionConfiguration"]
    assert encryption["sseAlgorithm"] == "aws:kms"
    assert encryption["kmsKeyArn"].endswith("cat-tables")


def test_the_key_is_rotated(recorded: Recorded) -> None:
    assert recorded.one("Key").inputs["enableKeyRotation"] is True


def test_table_maintenance_may_use_the_key(recorded: Recorded) -> None:
    policy = json.loads(recorded.one("KeyPolicy").inputs["policy"])
    services = [each["Principal"].get("Service") for each in policy["Statement"]]
    assert "maintenance.s3tables.amazonaws.com" in services, "compaction would stop silently"


def test_each_namespace_is_named_after_itself(recorded: Recorded) -> None:
    named = {each.name: each.inputs["namespace"] for each in recorded.of("Namespace")}
    assert named == {"cat-default": "default", "cat-sales": "sales"}
