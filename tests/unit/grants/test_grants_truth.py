"""The truth table: for every kind of grant, which engine holds it."""

from __future__ import annotations

import pytest

from lakehouse.grants.model import Action, Grant, Kind, Target
from lakehouse.grants.truth import Engine, Setup, Verdict, ruling, rulings, unenforced

OPEN = Setup(third_party_engines=True)
CLOSED = Setup(third_party_engines=False)

E, D, U = Verdict.ENFORCED, Verdict.DENIED, Verdict.UNPROVEN

BUCKET = {"bucket": "gold"}
SALES = {"bucket": "gold", "namespace": "sales"}
ORDERS = {**SALES, "table": "orders"}
EVERY = {**SALES, "table": "*"}
TAGS = (("sensitivity", ("public",)),)
MANY = (("domain", ("finance", "sales")), ("sensitivity", ("public",)))


def grant(actions: str, **target: object) -> Grant:
    return Grant(
        principal="arn:aws:iam::123456789012:role/reader",
        target=Target(**target),  # type: ignore[arg-type]
        actions=frozenset(Action(each) for each in actions.split()),
    )


TABLE: list[tuple[str, dict[str, object], Kind, tuple[Verdict, ...]]] = [
    # actions, object, kind: what Spark here, Athena, Redshift and EMR make of it
    ("describe", BUCKET, Kind.BUCKET, (E, E, E, E)),
    ("create_database", BUCKET, Kind.BUCKET, (U, U, U, U)),
    ("describe create_database", BUCKET, Kind.BUCKET, (E, E, E, E)),
    ("describe", SALES, Kind.NAMESPACE, (E, E, E, E)),
    ("create_table", SALES, Kind.NAMESPACE, (U, U, U, U)),
    ("alter drop", SALES, Kind.NAMESPACE, (U, U, U, U)),
    ("describe create_table", SALES, Kind.NAMESPACE, (E, E, E, E)),
    ("select", ORDERS, Kind.TABLE, (E, E, E, E)),
    ("describe", ORDERS, Kind.TABLE, (E, E, E, E)),
    ("select describe", ORDERS, Kind.TABLE, (E, E, E, E)),
    ("insert delete", ORDERS, Kind.TABLE, (U, U, U, U)),
    ("select insert", ORDERS, Kind.TABLE, (E, E, E, E)),
    ("select", EVERY, Kind.EVERY_TABLE, (E, E, E, E)),
    ("describe", EVERY, Kind.EVERY_TABLE, (E, E, E, E)),
    ("drop", EVERY, Kind.EVERY_TABLE, (U, U, U, U)),
    ("select", {**ORDERS, "columns": ("day", "sum")}, Kind.COLUMNS, (D, E, E, E)),
    ("select", {**ORDERS, "except_columns": ("email",)}, Kind.COLUMNS, (D, E, E, E)),
    ("select", {**ORDERS, "rows": "country = 'de'"}, Kind.ROWS, (D, E, E, E)),
    ("select", {**ORDERS, "rows": "true", "columns": ("day",)}, Kind.ROWS, (D, E, E, E)),
    ("select", {**ORDERS, "rows": "true", "except_columns": ("day",)}, Kind.ROWS, (D, E, E, E)),
    ("describe", {"tags": TAGS, "tagged": "namespace"}, Kind.TAGGED_NAMESPACES, (U, E, E, E)),
    ("select", {"tags": TAGS, "tagged": "table"}, Kind.TAGGED_TABLES, (U, E, E, E)),
    ("insert", {"tags": TAGS, "tagged": "table"}, Kind.TAGGED_TABLES, (U, U, U, U)),
    ("select describe", {"tags": MANY, "tagged": "table"}, Kind.TAGGED_TABLES, (U, E, E, E)),
    ("select insert", {"tags": MANY, "tagged": "table"}, Kind.TAGGED_TABLES, (U, E, E, E)),
    ("describe", {"tags": MANY, "tagged": "table"}, Kind.TAGGED_TABLES, (U, E, E, E)),
    ("describe", {"tags": MANY, "tagged": "namespace"}, Kind.TAGGED_NAMESPACES, (U, E, E, E)),
    ("create_table", {"tags": TAGS, "tagged": "namespace"}, Kind.TAGGED_NAMESPACES, (U, U, U, U)),
]


def test_the_table_has_every_kind_of_grant() -> None:
    assert {kind for _, _, kind, _ in TABLE} == set(Kind)
    assert len(TABLE) >= 20


@pytest.mark.parametrize(("actions", "target", "kind", "verdicts"), TABLE)
def test_each_engine_makes_of_a_grant_what_is_documented(
    actions: str, target: dict[str, object], kind: Kind, verdicts: tuple[Verdict, ...]
) -> None:
    made = grant(actions, **target)
    assert made.target.kind is kind
    found = tuple(each.verdict for each in rulings(made, OPEN))
    assert found == verdicts


@pytest.mark.parametrize(("actions", "target", "kind", "verdicts"), TABLE)
def test_spark_gets_nothing_while_engines_outside_aws_are_shut_out(
    actions: str, target: dict[str, object], kind: Kind, verdicts: tuple[Verdict, ...]
) -> None:
    del kind
    closed = rulings(grant(actions, **target), CLOSED)
    assert closed[0].verdict is Verdict.DENIED
    assert "third_party_engines" in closed[0].reason
    assert tuple(each.verdict for each in closed[1:]) == verdicts[1:], "the others do not care"


@pytest.mark.parametrize(("actions", "target", "kind", "verdicts"), TABLE)
def test_a_part_of_a_table_is_refused_for_whoever_uses_spark_and_nothing_else_is(
    actions: str, target: dict[str, object], kind: Kind, verdicts: tuple[Verdict, ...]
) -> None:
    del verdicts
    made = grant(actions, **target)
    part = kind in (Kind.COLUMNS, Kind.ROWS)
    assert bool(unenforced(made, [Engine.ATHENA, Engine.SPARK])) is part
    assert not unenforced(made, [Engine.ATHENA, Engine.REDSHIFT, Engine.EMR])


def test_every_verdict_has_a_reason() -> None:
    for actions, target, _, _ in TABLE:
        for each in rulings(grant(actions, **target), OPEN):
            assert each.reason


def test_writing_is_said_to_be_untried_beside_reading_that_is_not() -> None:
    found = ruling(grant("select insert", **ORDERS), Engine.ATHENA, OPEN)
    assert found.verdict is Verdict.ENFORCED
    assert "writing through this grant has not been tried" in found.reason
