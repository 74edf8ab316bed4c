"""Every catalog of the stack: rows go in, come back, and move from one tier to the next."""

# ruff: noqa: S608 - the names in these statements are the suite's own
from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.tpch.land import open_catalog
from lakehouse.outputs import StackOutputs
from ops.context import OpsContext, read_outputs
from tests.smoke.conftest import CATALOG_PREFIX
from tests.smoke.namespaces import drop_namespace


def catalogs(config: pytest.Config) -> list[str]:
    """Names of the stack's catalogs, which only its outputs know."""
    path = config.getoption("--outputs", default=None)
    outputs: StackOutputs | None = read_outputs(Path(path)) if path else None
    return [each.name for each in outputs.catalogs] if outputs else []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a catalog, and one for each pair of neighbours."""
    names = catalogs(metafunc.config)
    if "catalog" in metafunc.fixturenames:
        metafunc.parametrize("catalog", names)
    if "source" in metafunc.fixturenames:
        # The first catalog is where others come from and go to.
        pairs = [(other, names[0]) for other in names[1:]]
        metafunc.parametrize(("source", "target"), pairs)


@pytest.fixture(scope="module")
def place(spark: Any, context: OpsContext) -> Iterator[Callable[[str], str]]:
    """Gives a catalog's namespace of this run, `<catalog>.<name>`; it goes with all it holds."""
    name = f"{CATALOG_PREFIX}{uuid.uuid4().hex[:10]}"
    made: list[str] = []

    def of(catalog: str) -> str:
        if catalog not in made:
            spark.sql(f"CREATE NAMESPACE {catalog}.{name}")
            made.append(catalog)
        return f"{catalog}.{name}"

    yield of
    with context.inside():
        for catalog in made:
            drop_namespace(context, name, catalog)


def test_the_namespaces_of_a_catalog_are_those_that_were_declared(
    spark: Any, outputs: StackOutputs, catalog: str
) -> None:
    (declared,) = (set(each.namespaces) for each in outputs.catalogs if each.name == catalog)
    listed = {row[0] for row in spark.sql(f"SHOW NAMESPACES IN {catalog}").collect()}
    assert declared <= listed


def test_a_catalog_keeps_rows_in_its_own_bucket_where_pyiceberg_reads_them(
    spark: Any, context: OpsContext, place: Callable[[str], str], catalog: str
) -> None:
    name = f"people_{uuid.uuid4().hex[:10]}"
    table = f"{place(catalog)}.{name}"
    spark.sql(f"CREATE TABLE {table} AS SELECT 1L AS id, 'ada' AS name UNION ALL SELECT 2L, 'bob'")
    assert spark.sql(f"SELECT count(*), max(name) FROM {table}").collect()[0][:] == (2, "bob")
    with context.inside():
        pages = context.account.client("s3tables").get_paginator("list_tables")
        holders = [
            each.name
            for each in context.outputs.catalogs
            for page in pages.paginate(tableBucketARN=each.warehouse)
            for found in page["tables"]
            if found["name"] == name
        ]
        rows = open_catalog(context, catalog).load_table(table.partition(".")[2]).scan().to_arrow()
    assert holders == [catalog], "each tier has a bucket of its own"
    assert sorted(rows["name"].to_pylist()) == ["ada", "bob"]


def test_rows_move_from_one_tier_to_the_next(
    spark: Any, place: Callable[[str], str], source: str, target: str
) -> None:
    raw, clean = f"{place(source)}.raw", f"{place(target)}.clean"
    spark.sql(f"CREATE TABLE {raw} AS SELECT id, id % 2 = 0 AS good FROM range(10)")
    spark.sql(f"CREATE TABLE {clean} AS SELECT id FROM {raw} WHERE good")
    joined = f"SELECT count(*) FROM {raw} r JOIN {clean} c ON r.id = c.id"
    assert spark.sql(joined).collect()[0][0] == 5, "one query reads both"
