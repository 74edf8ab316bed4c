"""Tiers and maintenance: names, what is taken over from above, and the words of the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.config import CatalogConfig
from lakehouse.errors import ConfigError
from lakehouse.maintenance import OUT_OF_THE_BOX, Maintenance, from_api, from_mapping, resolved
from lakehouse.names import Names
from lakehouse.policies import Account
from lakehouse.tiers import Tier, tiers

NAMES = Names(project="millrace", stack="prod")
ACCOUNT = Account(region="eu-central-1", account_id="123456789012")

settings = st.builds(
    Maintenance,
    compaction=st.booleans(),
    target_file_mb=st.integers(64, 512),
    strategy=st.sampled_from(["auto", "binpack", "sort", "z-order"]),
    snapshot_management=st.booleans(),
    minimum_snapshots=st.integers(1, 10_000),
    maximum_snapshot_age_hours=st.integers(1, 100_000),
)


def of(**catalog: Any) -> tuple[Tier, ...]:
    return tiers(CatalogConfig.model_validate_json(json.dumps(catalog)), NAMES)


def test_a_stack_without_tiers_has_one_bucket() -> None:
    (tier,) = of()
    assert (tier.catalog, tier.bucket, tier.defaults) == ("lake", "millrace-prod", OUT_OF_THE_BOX)
    assert tier.arn(ACCOUNT) == "arn:aws:s3tables:eu-central-1:123456789012:bucket/millrace-prod"


def test_a_tier_is_a_catalog_and_a_bucket_of_its_name() -> None:
    found = of(name="silver", tiers={"bronze": {}, "finance-gold": {"bucket": "finance"}})
    assert [(each.catalog, each.bucket) for each in found] == [
        ("silver", "millrace-prod"),
        ("bronze", "millrace-prod-bronze"),
        ("finance_gold", "finance"),
    ]


def test_the_most_special_place_decides() -> None:
    first, bronze = of(
        maintenance={"target_file_mb": 256, "maximum_snapshot_age_hours": 240},
        tables={"default.one": {"target_file_mb": 64}},
        tiers={
            "bronze": {
                "maintenance": {"maximum_snapshot_age_hours": 48},
                "tables": {"default.one": {"strategy": "sort"}},
            }
        },
    )
    assert first.wanted("default.one") == Maintenance(
        target_file_mb=64, maximum_snapshot_age_hours=240
    )
    assert bronze.wanted("default.other") == Maintenance(
        target_file_mb=256, maximum_snapshot_age_hours=48
    )
    assert bronze.wanted("default.one").strategy == "sort"


def test_two_tiers_do_not_share_a_bucket() -> None:
    with pytest.raises(ConfigError, match=r"tiers\.gold\.bucket.*also the bucket of another"):
        of(tiers={"gold": {"bucket": "millrace-prod"}})


def test_a_bucket_s_name_fits_where_the_longest_names_meet() -> None:
    names = Names(project="millrace", stack="a" * 24)
    catalog = CatalogConfig.model_validate_json(json.dumps({"tiers": {"b" * 28: {}}}))
    assert len(tiers(catalog, names)[1].bucket) <= 63


def test_without_snapshot_management_history_has_no_end() -> None:
    assert Maintenance(snapshot_management=False).history_hours == float("inf")
    assert Maintenance(maximum_snapshot_age_hours=7).history_hours == 7


@given(settings)
def test_settings_survive_the_way_through_the_api(chosen: Maintenance) -> None:
    assert from_api(chosen.to_api()) == chosen


@given(settings)
def test_settings_survive_the_way_through_a_state_file(chosen: Maintenance) -> None:
    # The engine knows one kind of number.
    stored = {
        key: float(value) if type(value) is int else value
        for key, value in chosen.to_mapping().items()
    }
    again = from_mapping(stored)
    assert again == chosen
    assert type(again.target_file_mb) is int, "AWS refuses 512.0"


def test_what_the_api_leaves_out_is_the_service_s_default() -> None:
    assert from_api({}) == OUT_OF_THE_BOX == resolved()
