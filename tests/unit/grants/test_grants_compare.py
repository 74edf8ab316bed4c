"""Declared against held: what is missing, what is too much, and what is open to everybody."""

from __future__ import annotations

from typing import Any

from lakehouse.grants.compare import Difference, deviations, objects
from lakehouse.grants.declared import Declared
from lakehouse.grants.lake import Lake
from lakehouse.grants.model import Action, Grant, Target
from lakehouse.grants.normalise import EVERYBODY
from lakehouse.grants.truth import Setup
from lakehouse.policies import Account

WHO = "arn:aws:iam::123456789012:role/reader"
OTHER = "arn:aws:iam::123456789012:role/other"
ORDERS = Target(bucket="gold", namespace="sales", table="orders")


def declared(*grants: Grant) -> Declared:
    return Declared(
        lake=Lake(
            account=Account(region="eu-central-1", account_id="123456789012"),
            buckets={"gold": ("sales",), "elsewhere": ("hr",)},
        ),
        own=frozenset({"gold"}),
        principals={"reader": WHO},
        grants=grants,
        setup=Setup(third_party_engines=False),
    )


def grant(*actions: Action, target: Target = ORDERS) -> Grant:
    return Grant(principal=WHO, target=target, actions=frozenset(actions))


def entry(
    *names: str, principal: str = WHO, bucket: str = "gold", table: str = "orders"
) -> dict[str, Any]:
    catalog = f"123456789012:s3tablescatalog/{bucket}"
    return {
        "Principal": {"DataLakePrincipalIdentifier": principal},
        "Resource": {"Table": {"CatalogId": catalog, "DatabaseName": "sales", "Name": table}},
        "Permissions": list(names),
        "PermissionsWithGrantOption": [],
    }


READ = grant(Action.SELECT, Action.DESCRIBE)


def test_what_is_held_as_declared_is_no_deviation() -> None:
    assert deviations(declared(READ), [entry("SELECT"), entry("DESCRIBE")]) == []


def test_what_is_declared_and_not_held_is_missing() -> None:
    [found] = deviations(declared(READ), [entry("SELECT")])
    assert found.difference is Difference.MISSING
    assert str(found) == f"missing: DESCRIBE on gold.sales.orders for {WHO}"


def test_what_is_held_and_not_declared_is_too_much() -> None:
    [found] = deviations(declared(READ), [entry("SELECT", "DESCRIBE", "DROP")])
    assert (found.difference, found.permissions) == (Difference.SURPLUS, ("DROP",))


def test_a_grant_that_was_revoked_and_is_still_held_is_found() -> None:
    [found] = deviations(declared(), [entry("SELECT", table="old")])
    assert (found.difference, found.object) == (Difference.SURPLUS, "gold.sales.old")


def test_anybody_s_grants_on_the_stack_s_own_bucket_are_looked_at() -> None:
    [found] = deviations(declared(), [entry("SELECT", principal=OTHER)])
    assert found.principal == OTHER


def test_on_another_stack_s_bucket_only_its_own_readers_are() -> None:
    assert deviations(declared(), [entry("SELECT", principal=OTHER, bucket="elsewhere")]) == []
    assert deviations(declared(), [entry("SELECT", bucket="elsewhere")]) != []


def test_an_object_that_is_open_to_everybody_is_called_so() -> None:
    [found] = deviations(declared(), [entry("ALL", principal=EVERYBODY)])
    assert found.difference is Difference.OPEN


def test_what_administrators_hold_is_theirs() -> None:
    assert deviations(declared(), [entry("SELECT", principal=OTHER)], [OTHER]) == []


def test_each_object_is_asked_about_once() -> None:
    twice = declared(READ, Grant(principal=OTHER, target=ORDERS, actions=READ.actions))
    assert len(objects(twice)) == 1
