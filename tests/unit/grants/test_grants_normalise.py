"""What the service returns is what was declared, in whichever form it returns it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.grants.lake import Lake, bucket_of
from lakehouse.grants.model import ACTIONS, Action, Grant, Kind, Target
from lakehouse.grants.normalise import (
    canonical,
    cells_filter,
    expanded,
    filter_name,
    held,
    key_of,
    merged,
    permissions,
    resource,
    target_of,
)
from lakehouse.policies import Account

WHO = "arn:aws:iam::123456789012:role/reader"
LAKE = Lake(
    account=Account(region="eu-central-1", account_id="123456789012"),
    buckets={"gold": ("sales",)},
)
CATALOG = "123456789012:s3tablescatalog/gold"
PLACE = {"CatalogId": CATALOG, "DatabaseName": "sales"}
ORDERS = Target(bucket="gold", namespace="sales", table="orders")
EVERY = Target(bucket="gold", namespace="sales", table="*")
READ = frozenset({Action.SELECT})


def sent(target: Target) -> dict[str, Any]:
    return resource(target, WHO, LAKE)


def entry(document: dict[str, Any], *names: str, passing: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "Principal": {"DataLakePrincipalIdentifier": WHO},
        "Resource": document,
        "Permissions": list(names),
        "PermissionsWithGrantOption": list(passing),
    }


@pytest.mark.parametrize(
    ("target", "document"),
    [
        (Target(bucket="gold"), {"Catalog": {"Id": CATALOG}}),
        (
            Target(bucket="gold", namespace="sales"),
            {"Database": {"CatalogId": CATALOG, "Name": "sales"}},
        ),
        (ORDERS, {"Table": {**PLACE, "Name": "orders"}}),
        (EVERY, {"Table": {**PLACE, "TableWildcard": {}}}),
        (
            Target(bucket="gold", namespace="sales", table="orders", columns=("a", "b")),
            {"TableWithColumns": {**PLACE, "Name": "orders", "ColumnNames": ["a", "b"]}},
        ),
        (
            Target(bucket="gold", namespace="sales", table="orders", except_columns=("a",)),
            {
                "TableWithColumns": {
                    **PLACE,
                    "Name": "orders",
                    "ColumnWildcard": {"ExcludedColumnNames": ["a"]},
                }
            },
        ),
        (
            Target(tags=(("team", ("bi", "ml")),), tagged="table"),
            {
                "LFTagPolicy": {
                    "ResourceType": "TABLE",
                    "Expression": [{"TagKey": "team", "TagValues": ["bi", "ml"]}],
                }
            },
        ),
    ],
)
def test_an_object_is_sent_with_its_catalog_inside(
    target: Target, document: dict[str, Any]
) -> None:
    assert sent(target) == document
    assert "CatalogId" not in set(document), "outside it must be an account id"
    assert target_of(document) == target, "and is read back as what it is"


@pytest.mark.parametrize(
    ("target", "returned"),
    [
        (ORDERS, {"TableWithColumns": {**PLACE, "Name": "orders", "ColumnWildcard": {}}}),
        (ORDERS, {"TableWithColumns": {**PLACE, "Name": "orders", "ColumnNames": []}}),
        (EVERY, {"Table": {**PLACE, "Name": "ALL_TABLES", "TableWildcard": {}}}),
        (EVERY, {"TableWithColumns": {**PLACE, "Name": "ALL_TABLES", "ColumnWildcard": {}}}),
        (
            Target(bucket="gold", namespace="sales", table="orders", columns=("a", "b")),
            {"TableWithColumns": {**PLACE, "Name": "orders", "ColumnNames": ["b", "a"]}},
        ),
        (
            Target(tags=(("a", ("1",)), ("b", ("2", "3"))), tagged="table"),
            {
                "LFTagPolicy": {
                    "CatalogId": "123456789012",
                    "ResourceType": "TABLE",
                    "Expression": [
                        {"TagKey": "b", "TagValues": ["3", "2"]},
                        {"TagKey": "a", "TagValues": ["1"]},
                    ],
                }
            },
        ),
    ],
)
def test_what_the_service_returns_is_the_object_that_was_sent(
    target: Target, returned: dict[str, Any]
) -> None:
    assert key_of(returned) == key_of(sent(target))


def test_reading_that_is_listed_by_itself_belongs_to_the_same_grant() -> None:
    listed = [
        entry({"Table": {**PLACE, "Name": "orders"}}, "DESCRIBE", "INSERT"),
        entry(
            {"TableWithColumns": {**PLACE, "Name": "orders", "ColumnWildcard": {}}},
            "SELECT",
            passing=("SELECT",),
        ),
    ]
    assert held(listed) == {
        (WHO, key_of(sent(ORDERS))): ({"DESCRIBE", "INSERT", "SELECT"}, {"SELECT"})
    }


def test_all_is_what_it_stands_for_on_each_kind_of_object() -> None:
    for target, kind in ((ORDERS, Kind.TABLE), (Target(bucket="gold"), Kind.BUCKET)):
        [(permitted, _)] = held([entry(sent(target), "ALL")]).values()
        assert permitted == set(permissions(ACTIONS[kind]))
        assert expanded([Action.ALL], kind) == frozenset(ACTIONS[kind])


def test_grants_in_two_buckets_are_two_objects() -> None:
    other = Target(bucket="silver", namespace="sales", table="orders")
    assert key_of(sent(ORDERS)) != key_of(sent(other))


def test_another_row_condition_is_another_filter() -> None:
    de = Target(bucket="gold", namespace="sales", table="orders", rows="country = 'de'")
    fr = Target(bucket="gold", namespace="sales", table="orders", rows="country = 'fr'")
    assert filter_name(de, WHO) != filter_name(fr, WHO)
    assert filter_name(de, WHO) != filter_name(de, f"{WHO}2"), "nobody shares one"
    made = cells_filter(de, WHO, LAKE)
    assert made["RowFilter"] == {"FilterExpression": "country = 'de'"}
    assert made["ColumnWildcard"] == {}
    assert made["Name"] == sent(de)["DataCellsFilter"]["Name"]


def test_two_grants_on_one_object_become_one() -> None:
    def one(*actions: Action, grantable: tuple[Action, ...] = ()) -> Grant:
        return Grant(
            principal=WHO,
            target=ORDERS,
            actions=frozenset(actions),
            grantable=frozenset(grantable),
        )

    [made] = merged([one(Action.SELECT), one(Action.DESCRIBE, grantable=(Action.DESCRIBE,))])
    assert made.actions == {Action.SELECT, Action.DESCRIBE}
    assert made.grantable == {Action.DESCRIBE}


@pytest.mark.parametrize(
    ("catalog", "bucket"),
    [
        (CATALOG, "gold"),
        ("123456789012", ""),
        ("", ""),
        ("123456789012:s3tablescatalog", ""),
    ],
)
def test_a_catalog_s_bucket_is_found_in_its_id(catalog: str, bucket: str) -> None:
    assert bucket_of(catalog) == bucket


names = st.text("abcdefgh_", min_size=1, max_size=6)
sorted_names = st.lists(names, unique=True, max_size=3).map(lambda each: tuple(sorted(each)))
targets = st.builds(
    Target,
    bucket=st.sampled_from(["gold", "silver-1"]),
    namespace=names,
    table=names,
    columns=sorted_names,
) | st.builds(Target, bucket=st.just("gold"), namespace=names, table=st.just("*"))


@given(targets)
def test_the_canonical_form_is_its_own_canonical_form(target: Target) -> None:
    once = canonical(sent(target))
    assert canonical(once) == once
    assert target_of(json.loads(json.dumps(once))) == target


@given(st.lists(st.tuples(targets, st.sampled_from([Action.SELECT])), max_size=6), st.randoms())
def test_the_order_of_grants_means_nothing(
    written: list[tuple[Target, Action]], random: Any
) -> None:
    grants = [
        Grant(principal=WHO, target=target, actions=frozenset({action}))
        for target, action in written
    ]
    shuffled = list(grants)
    random.shuffle(shuffled)
    assert merged(grants) == merged(shuffled)
    assert merged(merged(grants)) == merged(grants)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_kind_is_spoken_of_in_proper_english(kind: Kind) -> None:
    article, _, rest = kind.spoken.partition(" ")
    assert article != "a" or not rest.endswith("s"), "a columns is no English"
