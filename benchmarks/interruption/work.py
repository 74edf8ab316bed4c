"""The statements that run while machines go: each with an answer that is known for certain.

Sums are of whole numbers, so that no order of tasks changes them.
"""

# ruff: noqa: S608 -- the statements are made from our own constants

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

NAMESPACE: Final = "chaos"
FACTS: Final = 80_000
STEP: Final = 1_000
"""Keys that a MERGE adds; it changes as many."""

SETTINGS: Final = {
    # More tasks than cores, so that there is a middle of every stage to be interrupted in.
    "spark.sql.shuffle.partitions": "10",
    "spark.sql.adaptive.coalescePartitions.enabled": "false",
    # Every join shuffles: a broadcast would keep the small side on the leader.
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.adaptive.autoBroadcastJoinThreshold": "-1",
}

Answer = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Read:
    """A query whose answer is always the same."""

    name: str
    ask: Callable[[Any, str], Answer]
    """Session and `catalog.namespace` -> the answer."""


def _rows(session: Any, statement: str) -> Answer:
    return tuple(tuple(row) for row in session.sql(statement).collect())


def _aggregate(session: Any, at: str) -> Answer:
    return _rows(
        session,
        f"SELECT count(*), sum(n), sum(total), max(digest) FROM (SELECT k % 20000 AS k, "
        f"count(*) AS n, sum(v) AS total, max(sha2(cast(k AS string), 256)) AS digest "
        f"FROM {at}.facts GROUP BY 1)",
    )


def _generate(session: Any, at: str) -> Answer:
    del at
    return _rows(
        session,
        "SELECT count(*), sum(n), sum(pmod(hash(digest), 1000)) FROM (SELECT id % 20000 AS k, "
        "count(*) AS n, max(sha2(cast(id AS string), 256)) AS digest "
        "FROM range(0, 200000, 1, 10) GROUP BY 1)",
    )


def _join(session: Any, at: str) -> Answer:
    return _rows(
        session,
        f"SELECT kind, count(*), sum(v * weight) FROM {at}.facts JOIN {at}.kinds "
        f"ON k % 500 = kind_id GROUP BY kind ORDER BY kind",
    )


def _window(session: Any, at: str) -> Answer:
    return _rows(
        session,
        f"SELECT count(*), sum(place * v) FROM (SELECT v, row_number() OVER "
        f"(PARTITION BY k % 97 ORDER BY v, k) AS place FROM {at}.facts) WHERE place <= 300",
    )


def _python(session: Any, at: str) -> Answer:
    from pyspark.sql import functions
    from pyspark.sql.types import LongType

    scored = functions.udf(lambda v: (v * v + 7) % 1013, LongType())
    facts = session.table(f"{at}.facts").where("k % 6 = 0")
    found = (
        facts.groupBy((facts.k % 1000).alias("g"))
        .agg(functions.max("v").alias("v"), functions.count("*").alias("n"))
        .select(scored("v").alias("score"), "n")
        .agg(functions.sum("score"), functions.sum("n"), functions.count("*"))
    )
    return tuple(tuple(row) for row in found.collect())


READS: Final = (
    Read(name="aggregation over a table", ask=_aggregate),
    Read(name="aggregation of what is generated", ask=_generate),
    Read(name="join with shuffles", ask=_join),
    Read(name="window over a sort", ask=_window),
    Read(name="Python function", ask=_python),
)

MODES: Final = ("copy-on-write", "merge-on-read")


def prepare(session: Any, at: str) -> None:
    """Make the tables anew."""
    session.sql(f"CREATE NAMESPACE IF NOT EXISTS {at}")
    for table in ("facts", "kinds", "appended", *map(ledger, MODES)):
        session.sql(f"DROP TABLE IF EXISTS {at}.{table} PURGE")
    session.sql(
        f"CREATE TABLE {at}.facts USING iceberg AS SELECT id AS k, pmod(hash(id), 100000) AS v "
        f"FROM range(0, {FACTS}, 1, 8)"
    )
    session.sql(
        f"CREATE TABLE {at}.kinds USING iceberg AS SELECT id AS kind_id, id % 20 AS kind, "
        f"id % 7 + 1 AS weight FROM range(0, 500, 1, 4)"
    )
    for mode in MODES:
        session.sql(
            f"CREATE TABLE {at}.{ledger(mode)} (k BIGINT, n BIGINT, last BIGINT) USING iceberg "
            f"TBLPROPERTIES ('write.merge.mode'='{mode}')"
        )
    session.sql(f"CREATE TABLE {at}.appended (lane STRING, batch BIGINT, k BIGINT) USING iceberg")


def ledger(mode: str) -> str:
    """Table of the MERGE statements in that mode."""
    return "ledger_" + mode.replace("-", "_")


def merge(at: str, mode: str, step: int) -> str:
    """The MERGE number `step`, from 0: changes the keys that the one before added, adds others."""
    first = step * STEP
    return (
        f"MERGE INTO {at}.{ledger(mode)} t USING (SELECT id AS k, max({step}) AS step FROM "
        f"range({first}, {first + 2 * STEP}, 1, 10) GROUP BY id) s ON t.k = s.k "
        "WHEN MATCHED THEN UPDATE SET n = t.n + 1, last = s.step "
        "WHEN NOT MATCHED THEN INSERT (k, n, last) VALUES (s.k, 1, s.step)"
    )


def merged(at: str, mode: str) -> str:
    """What such a table adds up to."""
    return f"SELECT count(*), count(DISTINCT k), sum(n), sum(last) FROM {at}.{ledger(mode)}"


def merged_answer(steps: int) -> Answer:
    """After so many MERGE statements: block j of keys was written last by step j, or the last."""
    if not steps:
        return ((0, 0, None, None),)
    blocks = steps + 1
    last = sum(min(block, steps - 1) for block in range(blocks))
    return ((blocks * STEP, blocks * STEP, 2 * steps * STEP, last * STEP),)


def undisturbed(steps: int) -> str:
    """The table's content as one quiet statement makes it."""
    inner = f"id >= {STEP} AND id < {steps * STEP}"
    return (
        f"SELECT id AS k, CAST(IF({inner}, 2, 1) AS BIGINT) AS n, "
        f"least(CAST(id DIV {STEP} AS BIGINT), CAST({steps - 1} AS BIGINT)) AS last "
        f"FROM range(0, {(steps + 1) * STEP})"
    )


def differences(at: str, mode: str, steps: int) -> tuple[str, str]:
    """Rows that only the quiet statement makes, and rows that only the table has: both 0."""
    made = f"({undisturbed(steps)})"
    table = f"(SELECT k, n, last FROM {at}.{ledger(mode)})"
    return (
        f"SELECT count(*) FROM ({made} EXCEPT ALL {table})",
        f"SELECT count(*) FROM ({table} EXCEPT ALL {made})",
    )


def append(at: str, lane: str, batch: int) -> str:
    """A batch of rows into the table that several lanes add to at once."""
    return (
        f"INSERT INTO {at}.appended SELECT '{lane}', {batch}L, k FROM (SELECT id % {STEP} AS k, "
        f"count(*) AS n FROM range(0, {6 * STEP}, 1, 10) GROUP BY 1) WHERE n = 6"
    )


def appended(at: str) -> str:
    """Rows, batches and keys of each lane."""
    return (
        f"SELECT lane, count(*), count(DISTINCT batch), count(DISTINCT batch, k), sum(k) "
        f"FROM {at}.appended GROUP BY lane ORDER BY lane"
    )


def appended_answer(batches: dict[str, int]) -> Answer:
    """After so many batches of each lane."""
    keys = STEP * (STEP - 1) // 2
    return tuple(
        (lane, count * STEP, count, count * STEP, count * keys)
        for lane, count in sorted(batches.items())
        if count
    )
