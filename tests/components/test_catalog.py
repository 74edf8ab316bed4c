"""Catalog: encrypted, maintained, and hard to lose."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.components.programs import catalog
from tests.components.recorder import ACCOUNT_ID, REGION, Recorded, build

TIERS: dict[str, Any] = {
    "bronze": {"namespaces": ["default", "raw"], "unreferenced_days": 1, "protect": False},
    "finance-gold": {"bucket": "finance", "namespaces": ["reports"]},
}
ARNS = [
    f"arn:aws:s3tables:{REGION}:{ACCOUNT_ID}:bucket/{name}"
    for name in ("millrace-example", "millrace-example-bronze", "finance")
]


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return build(lambda: catalog("cat"))


@pytest.fixture(scope="module")
def tiered() -> Recorded:
    return build(lambda: catalog("cat", tiers=TIERS))


@pytest.mark.parametrize("kind", ["TableBucket", "Key"])
def test_data_and_its_key_are_protected_unless_the_owner_says_otherwise(
    recorded: Recorded, kind: str
) -> None:
    assert recorded.one(kind).options.protect
    assert not build(lambda: catalog("cat", protect=False)).one(kind).options.protect


def test_a_tier_may_be_lost_while_the_others_may_not(tiered: Recorded) -> None:
    protected = {each.name: bool(each.options.protect) for each in tiered.of("TableBucket")}
    assert protected == {
        "cat-tables": True,
        "cat-tables-bronze": False,
        "cat-tables-finance-gold": True,
    }
    assert tiered.one("Key").options.protect, "without it nothing of the others can be read"


def test_the_key_is_protected_for_the_sake_of_one_bucket() -> None:
    recorded = build(
        lambda: catalog("cat", protect=False, tiers={"gold": {"protect": True}, "bronze": {}})
    )
    assert recorded.one("Key").options.protect


def test_what_is_retained_is_so_with_everything_that_reading_it_takes() -> None:
    recorded = build(lambda: catalog("cat", retain=True, tiers=TIERS))
    assert {each.name for each in recorded.custom if not each.options.retainOnDelete} == set()
    assert {each.type.rpartition(":")[2] for each in recorded.custom} == {
        "Alias",
        "Key",
        "KeyPolicy",
        "Namespace",
        "TableBucket",
    }


def test_tables_are_encrypted_with_the_stack_s_own_key(tiered: Recorded) -> None:
    for bucket in tiered.of("TableBucket"):
        encryption = bucket.inputs["encryptionConfiguration"]
        assert encryption["sseAlgorithm"] == "aws:kms"
        assert encryption["kmsKeyArn"].endswith("cat-tables")


def test_the_key_is_rotated(recorded: Recorded) -> None:
    assert recorded.one("Key").inputs["enableKeyRotation"] is True


def test_maintenance_of_every_bucket_may_use_the_key(tiered: Recorded) -> None:
    policy = json.loads(tiered.one("KeyPolicy").inputs["policy"])
    (statement,) = [
        each
        for each in policy["Statement"]
        if each["Principal"].get("Service") == "maintenance.s3tables.amazonaws.com"
    ]
    assert set(statement["Action"]) == {"kms:GenerateDataKey", "kms:Decrypt"}
    buckets = statement["Condition"]["StringLike"]["kms:EncryptionContext:aws:s3:arn"]
    assert buckets == [f"{arn}/*" for arn in ARNS], "compaction would stop silently"


def test_each_namespace_is_named_after_itself(recorded: Recorded) -> None:
    named = {each.name: each.inputs["namespace"] for each in recorded.of("Namespace")}
    assert named == {"cat-default": "default", "cat-sales": "sales"}


def test_tiers_have_namespaces_of_their_own(tiered: Recorded) -> None:
    named = {
        each.name: (each.inputs["tableBucketArn"].rpartition("/")[2], each.inputs["namespace"])
        for each in tiered.of("Namespace")
    }
    assert named == {
        "cat-default": ("millrace-example", "default"),
        "cat-sales": ("millrace-example", "sales"),
        "cat-bronze-default": ("millrace-example-bronze", "default"),
        "cat-bronze-raw": ("millrace-example-bronze", "raw"),
        "cat-finance-gold-reports": ("finance", "reports"),
    }


def test_a_tier_that_is_added_changes_nothing_of_the_first_bucket(
    recorded: Recorded, tiered: Recorded
) -> None:
    def first(each: Recorded) -> Any:
        return next(dict(one.inputs) for one in each.of("TableBucket") if one.name == "cat-tables")

    assert first(recorded) == first(tiered)


def test_each_bucket_is_cleaned_up_as_its_tier_says(tiered: Recorded) -> None:
    days = {
        each.name: each.inputs["maintenanceConfiguration"]["icebergUnreferencedFileRemoval"][
            "settings"
        ]["unreferencedDays"]
        for each in tiered.of("TableBucket")
    }
    assert days == {"cat-tables": 3, "cat-tables-bronze": 1, "cat-tables-finance-gold": 3}


def test_a_declared_table_gets_what_is_said_from_the_general_to_the_special() -> None:
    recorded = build(
        lambda: catalog(
            "cat",
            maintenance={"maximum_snapshot_age_hours": 240},
            tiers={
                "gold": {
                    "maintenance": {"target_file_mb": 256},
                    "tables": {"default.orders": {"strategy": "sort", "record_expiration_days": 9}},
                }
            },
        )
    )
    made = recorded.one("TableMaintenance")
    fallback = made.inputs["fallback"]
    assert made.name == "cat-tables-gold-default.orders"
    assert (fallback["maximum_snapshot_age_hours"], fallback["target_file_mb"]) == (240, 256)
    assert made.inputs["settings"] == {**fallback, "strategy": "sort"}
    assert made.inputs["record_expiration_days"] == 9
    assert made.inputs["bucket_arn"].endswith(":bucket/millrace-example-gold")


def test_a_storage_class_is_set_where_one_is_chosen(recorded: Recorded) -> None:
    assert recorded.of("BucketStorageClass") == []
    chosen = build(lambda: catalog("cat", tiers={"bronze": {"storage_class": "STANDARD"}}))
    assert chosen.one("BucketStorageClass").name == "cat-tables-bronze"
