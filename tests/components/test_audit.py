"""The trail of who touched which table."""

from __future__ import annotations

import json

import pytest

from tests.components.programs import BUCKET_ARN, audit, whole
from tests.components.recorder import ACCOUNT_ID, build

RECORDED = build(lambda: audit("one"))
SELECTORS = RECORDED.one("Trail").inputs["advancedEventSelectors"]


def fields(selector: dict[str, object]) -> dict[str, object]:
    found = selector["fieldSelectors"]
    assert isinstance(found, list)
    return {each["field"]: each.get("equals") or each.get("startsWiths") for each in found}


def test_every_use_of_a_table_and_of_its_bucket_is_recorded() -> None:
    kinds = {fields(each)["resources.type"][0] for each in SELECTORS}  # type: ignore[index]
    assert kinds == {"AWS::S3Tables::Table", "AWS::S3Tables::TableBucket"}
    for each in SELECTORS:
        assert fields(each)["eventCategory"] == ["Data"]


def test_other_stacks_tables_are_theirs_to_record() -> None:
    for each in SELECTORS:
        assert fields(each)["resources.ARN"] == [BUCKET_ARN]


def test_records_can_be_proved_unchanged() -> None:
    assert RECORDED.one("Trail").inputs["enableLogFileValidation"] is True


def test_records_are_encrypted_with_a_key_of_their_own() -> None:
    rules = RECORDED.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    (rule,) = rules
    chosen = rule["applyServerSideEncryptionByDefault"]
    assert chosen["sseAlgorithm"] == "aws:kms"
    assert chosen["kmsMasterKeyId"]
    assert RECORDED.one("Key").inputs["enableKeyRotation"] is True


def test_the_bucket_is_closed_to_the_public() -> None:
    block = RECORDED.one("BucketPublicAccessBlock").inputs
    assert [
        block[each]
        for each in (
            "blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"
        )
    ] == [True] * 4  # fmt: skip


def test_records_end() -> None:
    (rule,) = RECORDED.one("BucketLifecycleConfiguration").inputs["rules"]
    assert rule["status"] == "Enabled"
    assert rule["expiration"]["days"] == 365


def test_the_trail_is_named_as_its_bucket_and_key_expect() -> None:
    arn = f"trail/{RECORDED.one('Trail').inputs['name']}"
    assert arn in RECORDED.one("BucketPolicy").inputs["policy"]
    assert arn in RECORDED.one("Key").inputs["policy"]


def test_records_are_written_below_the_account_s_own_prefix() -> None:
    policy = json.loads(RECORDED.one("BucketPolicy").inputs["policy"])
    (write,) = [each for each in policy["Statement"] if each["Action"] == "s3:PutObject"]
    assert write["Resource"].endswith(f"/AWSLogs/{ACCOUNT_ID}/*")


def test_records_are_protected_unless_the_owner_says_otherwise() -> None:
    for kind in ("Bucket", "Key"):
        assert RECORDED.one(kind).options.protect
        assert not build(lambda: audit("one", protect=False)).one(kind).options.protect
    assert RECORDED.one("Bucket").inputs["forceDestroy"] is False


def test_without_a_trail_there_is_nothing() -> None:
    assert build(lambda: audit("one", trail=False)).custom == []


@pytest.mark.parametrize(("stack", "trails"), [("local", 0), ("prod", 1), ("example", 1)])
def test_a_stack_has_a_trail_where_people_depend_on_it(stack: str, trails: int) -> None:
    assert len(whole(stack).of("Trail")) == trails
