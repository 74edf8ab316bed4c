"""Iceberg tables on S3 Tables, through the endpoint, as a data engineer uses them."""

# ruff: noqa: S608 - the names in these statements are the suite's own
from __future__ import annotations

import time
from typing import Any

import pytest

from ops.context import OpsContext
from tests.smoke.namespaces import drop_namespace

MANY = 110
"""More tables than one page of the service's list holds (100)."""


def rows(spark: Any, sql: str) -> list[tuple[Any, ...]]:
    """The answer as plain tuples."""
    return [tuple(row) for row in spark.sql(sql).collect()]


@pytest.fixture
def three(spark: Any, table: str) -> str:
    """A partitioned table of three rows."""
    spark.sql(f"CREATE TABLE {table} (id BIGINT, name STRING, d DATE) PARTITIONED BY (months(d))")
    spark.sql(
        f"INSERT INTO {table} VALUES (1, 'a', DATE'2026-01-01'), (2, 'b', DATE'2026-02-01'), "
        "(3, 'c', DATE'2026-02-02')"
    )
    return table


def test_inserted_rows_are_read_back(spark: Any, three: str) -> None:
    assert rows(spark, f"SELECT id, name FROM {three} ORDER BY id") == [
        (1, "a"),
        (2, "b"),
        (3, "c"),
    ]


def test_a_merge_updates_what_matches_and_inserts_the_rest(spark: Any, three: str) -> None:
    spark.sql(
        f"MERGE INTO {three} t USING (SELECT 1L AS id, 'A' AS name, DATE'2026-01-01' AS d "
        "UNION ALL SELECT 9L, 'new', DATE'2026-04-01') s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT *"
    )
    assert rows(spark, f"SELECT id, name FROM {three} WHERE id IN (1, 9) ORDER BY id") == [
        (1, "A"),
        (9, "new"),
    ]


def test_update_and_delete_change_only_their_rows(spark: Any, three: str) -> None:
    spark.sql(f"UPDATE {three} SET name = 'B' WHERE id = 2")
    spark.sql(f"DELETE FROM {three} WHERE id = 3")
    assert rows(spark, f"SELECT id, name FROM {three} ORDER BY id") == [(1, "a"), (2, "B")]


def test_time_travel_by_version_reads_the_older_snapshot(spark: Any, three: str) -> None:
    first = rows(spark, f"SELECT snapshot_id FROM {three}.snapshots ORDER BY committed_at")[0][0]
    spark.sql(f"DELETE FROM {three} WHERE id > 1")
    assert rows(spark, f"SELECT count(*) FROM {three} VERSION AS OF {first}") == [(3,)]
    assert rows(spark, f"SELECT count(*) FROM {three}") == [(1,)]


def test_time_travel_by_timestamp_reads_the_older_snapshot(spark: Any, three: str) -> None:
    # A moment of the server's own clock, clearly between the two commits.
    time.sleep(1.1)
    moment = rows(spark, "SELECT CAST(now() AS STRING)")[0][0]
    time.sleep(1.1)
    spark.sql(f"INSERT INTO {three} VALUES (4, 'd', DATE'2026-03-01')")
    assert rows(spark, f"SELECT count(*) FROM {three} TIMESTAMP AS OF '{moment}'") == [(3,)]


def test_a_table_is_created_from_a_query(spark: Any, three: str) -> None:
    spark.sql(f"CREATE TABLE {three}_ctas AS SELECT id * 10 AS ten FROM {three}")
    assert rows(spark, f"SELECT sum(ten) FROM {three}_ctas") == [(60,)]


def test_a_table_is_replaced_from_a_query(spark: Any, three: str) -> None:
    spark.sql(f"CREATE OR REPLACE TABLE {three} AS SELECT 7 AS seven")
    assert rows(spark, f"SELECT * FROM {three}") == [(7,)]


def test_a_column_can_be_added(spark: Any, three: str) -> None:
    spark.sql(f"ALTER TABLE {three} ADD COLUMN extra INT")
    assert rows(spark, f"SELECT count(*) FROM {three} WHERE extra IS NULL") == [(3,)]


def test_a_dropped_table_is_gone(spark: Any, three: str, namespace: str) -> None:
    spark.sql(f"DROP TABLE {three}")
    names = [name for _, name, _ in rows(spark, f"SHOW TABLES IN {namespace}")]
    assert three.rsplit(".", 1)[1] not in names


def test_a_dataframe_becomes_a_table_and_comes_back(spark: Any, table: str) -> None:
    frame = spark.range(1000).selectExpr("id", "id % 7 AS k")
    frame.writeTo(table).using("iceberg").create()
    counted = spark.table(table).groupBy("k").count().orderBy("k").toPandas()
    assert counted["count"].sum() == 1000
    assert len(counted) == 7


def test_show_tables_lists_every_table_of_a_large_namespace(
    spark: Any, context: OpsContext
) -> None:
    catalog = context.outputs.catalogs[0]
    name = f"smoke_many_{int(time.time())}"
    client = context.account.client("s3tables")
    where = {"tableBucketARN": catalog.warehouse, "namespace": name}
    # Spark is called outside: gRPC's threads would stay where they were started.
    try:
        with context.inside():
            client.create_namespace(tableBucketARN=catalog.warehouse, namespace=[name])
            for number in range(MANY):
                client.create_table(**where, name=f"t{number:03d}", format="ICEBERG")
        listed = rows(spark, f"SHOW TABLES IN {catalog.name}.{name}")
    finally:
        with context.inside():
            drop_namespace(context, name)
    assert len(listed) == MANY
