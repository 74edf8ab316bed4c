"""LF-tags: what carries them, what a grant by tag is about, and what differs in fact."""

from __future__ import annotations

import pytest

from lakehouse.grants.lake import Lake
from lakehouse.grants.model import Target
from lakehouse.grants.tags import Tagging, attachable, covered, differences, taggings, worn
from lakehouse.policies import Account

LAKE = Lake(account=Account(region="eu-central-1", account_id="123456789012"), buckets={})
SPACES = {"gold": ("hr", "sales")}
GOLD = Target(bucket="gold")
SALES = Target(bucket="gold", namespace="sales")
HR = Target(bucket="gold", namespace="hr")
ORDERS = Target(bucket="gold", namespace="sales", table="orders")


def by_tag(tagged: str = "table", **expression: str) -> Target:
    tags = tuple(sorted((key, tuple(each.split("|"))) for key, each in expression.items()))
    return Target(tags=tags, tagged=tagged)


def test_what_is_said_of_a_bucket_is_said_of_its_namespaces() -> None:
    assert taggings([(GOLD, {"domain": "sales"})], SPACES) == (
        Tagging(target=HR, tags=(("domain", "sales"),)),
        Tagging(target=SALES, tags=(("domain", "sales"),)),
    )


@pytest.mark.parametrize("turned", [False, True])
def test_what_is_said_of_a_namespace_goes_before_what_is_said_of_its_bucket(turned: bool) -> None:
    written = [(GOLD, {"domain": "sales", "pii": "no"}), (HR, {"domain": "hr"})]
    found = taggings(reversed(written) if turned else written, SPACES)
    assert dict(found[0].tags) == {"domain": "hr", "pii": "no"}


def test_a_table_has_the_tags_of_its_namespace_that_it_has_none_of_its_own_of() -> None:
    attached = taggings([(SALES, {"domain": "sales", "pii": "no"}), (ORDERS, {"pii": "yes"})], {})
    assert worn(ORDERS, attached) == {"domain": "sales", "pii": "yes"}
    assert worn(SALES, attached) == {"domain": "sales", "pii": "no"}
    other = Target(bucket="gold", namespace="sales", table="other")
    assert worn(other, attached) == {"domain": "sales", "pii": "no"}


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        (by_tag(domain="sales"), ["gold.sales.*"]),
        (by_tag(domain="sales|hr"), ["gold.hr.*", "gold.sales.*"]),
        (by_tag(domain="sales", pii="no"), ["gold.sales.* but orders"]),
        (by_tag(pii="yes"), ["gold.sales.orders"]),
        (by_tag(domain="hr", pii="yes"), []),
        (by_tag(domain="finance"), []),
        (by_tag("namespace", domain="sales"), ["gold.sales"]),
        (by_tag("namespace", pii="yes"), []),
    ],
)
def test_a_grant_by_tag_is_about_what_carries_all_of_its_keys(
    grant: Target, expected: list[str]
) -> None:
    attached = taggings(
        [
            (SALES, {"domain": "sales", "pii": "no"}),
            (HR, {"domain": "hr"}),
            (ORDERS, {"pii": "yes"}),
        ],
        SPACES,
    )
    assert covered(grant, attached) == expected


def test_tags_are_attached_to_namespaces_and_tables() -> None:
    space, table = taggings([(SALES, {"a": "b"}), (ORDERS, {"a": "b"})], {})
    catalog = LAKE.catalog_id("gold")
    assert attachable(space, LAKE) == {"Database": {"CatalogId": catalog, "Name": "sales"}}
    assert attachable(table, LAKE) == {
        "Table": {"CatalogId": catalog, "DatabaseName": "sales", "Name": "orders"}
    }


DEFINED = {"domain": ("finance", "sales")}
KNOWN = {"domain": ["finance", "legal", "sales"], "cost": ["x"]}


@pytest.mark.parametrize(
    ("known", "carried", "expected"),
    [
        (KNOWN, {SALES: {"domain": "sales"}}, []),
        (KNOWN, {SALES: {"domain": "sales", "cost": "x"}}, []),
        (KNOWN, {}, ["missing: LF-tag domain=sales on gold.sales"]),
        (
            KNOWN,
            {SALES: {"domain": "legal"}},
            [
                "missing: LF-tag domain=sales on gold.sales",
                "surplus: LF-tag domain=legal on gold.sales",
            ],
        ),
        (
            KNOWN,
            {SALES: {"domain": "sales"}, HR: {"domain": "sales"}},
            ["surplus: LF-tag domain=sales on gold.hr"],
        ),
        ({"domain": ["sales"]}, {SALES: {"domain": "sales"}}, ["missing: LF-tag domain=finance"]),
        (
            {},
            {SALES: {"domain": "sales"}},
            ["missing: LF-tag domain=finance", "missing: LF-tag domain=sales"],
        ),
    ],
)
def test_what_differs_is_told_and_what_is_others_is_not(
    known: dict[str, list[str]], carried: dict[Target, dict[str, str]], expected: list[str]
) -> None:
    attached = taggings([(SALES, {"domain": "sales"})], {})
    assert list(differences(DEFINED, attached, known=known, carried=carried)) == expected
