"""`make demo`: TPC-H lands in S3 Tables, 22 queries go through the endpoint, DuckDB checks them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.tpch import engines, tables
from benchmarks.tpch.compare import difference
from benchmarks.tpch.engines import Answer, DemoError
from lakehouse.errors import ToolError
from ops.connect import Connection
from ops.context import CHECKOUT, OpsContext
from ops.session import open_session

Log = Callable[[str], None]
LAND_DEADLINE: Final = 1800.0
LARGEST_SCALE: Final = 1.0
"""Above this, data should be generated next to the cluster and not sent through the endpoint."""


def namespace_of(scale: float) -> str:
    """One namespace a scale, so that two scales can be looked at side by side."""
    return "tpch_" + f"{scale:g}".replace(".", "_").replace("-", "m")


def run(context: OpsContext, connection: Connection, *, scale: float, log: Log) -> int:
    """Load, ask, compare, print; returns 1 if any answer differs.

    Raises:
        LakehouseError: a table did not land, or the endpoint is not there.
    """
    if not 0 < scale <= LARGEST_SCALE:
        msg = f"scale {scale:g}: give a number above 0 and up to {LARGEST_SCALE:g}"
        raise DemoError(msg)
    start = time.monotonic()
    namespace = namespace_of(scale)
    table_path = f"{connection.catalog}.{namespace}"
    log(f"TPC-H at scale {scale:g} in {table_path}, through {connection.url}")
    with tempfile.TemporaryDirectory(prefix="lakehouse-tpch-") as name:
        folder = Path(name)
        tables.generate(folder, scale)
        log(f"generated {len(tables.NAMES)} tables in {time.monotonic() - start:.1f} s")
        spark = open_session(connection)
        _land(context, spark, folder, namespace, log)
        wrong = _ask(spark, folder, table_path, scale, log)
    log(
        f"\n{'all 22 answers equal' if not wrong else f'{wrong} of 22 answers DIFFER'}"
        f" in {time.monotonic() - start:.0f} s"
    )
    if not wrong:
        log(_next(table_path))
    return 1 if wrong else 0


def _land(context: OpsContext, spark: Any, folder: Path, namespace: str, log: Log) -> None:
    _land_with_pyiceberg(context, folder, namespace, log)
    catalog = context.outputs.catalogs[0].name
    for name in tables.BY_SPARK:
        start = time.monotonic()
        landed = engines.land_through_spark(spark, folder, f"{catalog}.{namespace}", name)
        _landed(folder, name, landed)
        log(f"  {name:<9} {landed:>9,} rows by Spark in {time.monotonic() - start:.1f} s")


def _land_with_pyiceberg(context: OpsContext, folder: Path, namespace: str, log: Log) -> None:
    outputs = folder / "outputs.json"
    outputs.write_text(context.outputs.model_dump_json())
    command = [sys.executable, "-m", "benchmarks.tpch.land", str(outputs), str(folder), namespace]
    with context.inside():
        done = subprocess.run(
            [*command, *tables.BY_PYICEBERG],
            cwd=CHECKOUT,
            env={**os.environ, **context.environment},
            capture_output=True,
            text=True,
            timeout=LAND_DEADLINE,
            check=False,
        )
    if done.returncode != 0:
        msg = f"landing tables with pyiceberg failed:\n{done.stderr[-1500:]}"
        raise ToolError(msg)
    for line in done.stdout.splitlines():
        table = json.loads(line)
        _landed(folder, table["table"], table["rows"])
        log(
            f"  {table['table']:<9} {table['rows']:>9,} rows by pyiceberg"
            f" in {table['seconds']:.1f} s"
        )


def _landed(folder: Path, name: str, landed: int) -> None:
    generated = tables.rows(folder, name)
    if landed != generated:
        msg = f"table {name} has {landed} rows; {generated} were generated"
        raise DemoError(msg)


def _ask(spark: Any, folder: Path, table_path: str, scale: float, log: Log) -> int:
    ask_spark = engines.spark_on(spark, table_path)
    ask_duckdb = engines.duckdb_on(folder)
    log("\nquery   rows   Spark s  DuckDB s  equal")
    wrong = 0
    total = 0.0
    for name, statement in engines.load_queries(scale).items():
        ours, theirs = ask_spark(statement), ask_duckdb(statement)
        found = difference(ours.rows, theirs.rows)
        wrong += bool(found)
        total += ours.seconds
        log(_line(name, ours, theirs, found))
    log(f"sum           {total:8.2f}")
    return wrong


def _line(name: str, ours: Answer, theirs: Answer, found: str) -> str:
    equal = f"NO: {found}" if found else "yes"
    return f"{name:<5} {len(ours.rows):>6} {ours.seconds:>9.2f} {theirs.seconds:>9.2f}  {equal}"


def _next(table_path: str) -> str:
    return f"""
What next:
  lakehouse connect    a snippet for your own session; then
                       spark.table("{table_path}.orders").show(5)
  lakehouse status     machines, sessions, versions on one screen
  lakehouse logs leader -f"""
