"""The two engines: Spark behind the endpoint, and DuckDB on the generated files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, Final

import duckdb

from benchmarks.tpch import tables
from lakehouse.errors import LakehouseError

QUERIES: Final = Path(__file__).with_name("queries")
CHUNK: Final = 200_000
"""Rows per message to the endpoint; a message may have 128 MiB."""


class DemoError(LakehouseError):
    """A table did not land as it should have."""


@dataclass(frozen=True)
class Answer:
    """Rows and the time that they took."""

    rows: list[tuple[Any, ...]]
    seconds: float


def load_queries(scale: float) -> dict[str, str]:
    """Query name -> statement, with the one parameter that depends on the scale filled in."""
    fraction = f"{0.0001 / scale:.10f}"
    return {
        path.stem: Template(path.read_text()).substitute(fraction=fraction)
        for path in sorted(QUERIES.glob("q*.sql"))
    }


def duckdb_on(folder: Path) -> Callable[[str], Answer]:
    """A function that answers from the Parquet files."""
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    for name in tables.NAMES:
        file = folder / f"{name}.parquet"
        connection.read_parquet(str(file)).create_view(name)

    def ask(statement: str) -> Answer:
        start = time.monotonic()
        rows = connection.execute(statement).fetchall()
        return Answer(rows, time.monotonic() - start)

    return ask


def spark_on(spark: Any, namespace: str) -> Callable[[str], Answer]:
    """A function that answers from the tables of a namespace, through the endpoint."""
    spark.sql(f"USE {namespace}")

    def ask(statement: str) -> Answer:
        start = time.monotonic()
        rows = [tuple(row) for row in spark.sql(statement).collect()]
        return Answer(rows, time.monotonic() - start)

    return ask


def land_through_spark(spark: Any, folder: Path, namespace: str, name: str) -> int:
    """Replace a table by the generated one, sending the rows through the endpoint."""
    data = tables.read(folder, name)
    schema = tables.spark_schema(data)
    target = f"{namespace}.{name}"
    spark.sql(f"DROP TABLE IF EXISTS {target}")
    for start in range(0, data.num_rows, CHUNK):
        frame = spark.createDataFrame(data.slice(start, CHUNK).to_pandas(), schema=schema)
        writer = frame.writeTo(target)
        if start == 0:
            writer.using("iceberg").create()
        else:
            writer.append()
    return count(spark, target)


def count(spark: Any, table: str) -> int:
    """Rows of a table as Spark counts them."""
    return int(spark.table(table).count())
