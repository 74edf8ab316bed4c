"""One cell of the matrix, in the client's own Python: `python cell.py CONNECTION NAMESPACE`.

CONNECTION is what `lakehouse connect --json` prints, NAMESPACE a name that nobody uses. Prints
one JSON document. Stands alone: the environment has a client's packages and nothing of ours but
`lakehouse_client`, on PYTHONPATH. The tables stay: whoever started this drops them from outside.
"""

# ruff: noqa: S608 - the names in these statements are this file's own
from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import lakehouse_client  # type: ignore[import-not-found] # on PYTHONPATH where this runs
import pandas as pd
import pyspark

Check = Callable[[Any, str], None]


def expect(found: object, wanted: object) -> None:
    """Fail with both."""
    if found != wanted:
        msg = f"{found!r} is not {wanted!r}"
        raise AssertionError(msg)


def rows(spark: Any, sql: str) -> list[tuple[Any, ...]]:
    """The answer as plain tuples."""
    return [tuple(row) for row in spark.sql(sql).collect()]


def three(spark: Any, name: str) -> str:
    """A partitioned table of three rows."""
    spark.sql(f"CREATE TABLE {name} (id BIGINT, name STRING, d DATE) PARTITIONED BY (months(d))")
    values = "(1, 'a', DATE'2026-01-01'), (2, 'b', DATE'2026-02-01'), (3, 'c', DATE'2026-02-02')"
    spark.sql(f"INSERT INTO {name} VALUES {values}")
    return name


def sql(spark: Any, space: str) -> None:
    """A query of the driver, and one that needs executors."""
    expect(rows(spark, "SELECT 40 + 2"), [(42,)])
    expect(rows(spark, "SELECT count(*), sum(id) FROM range(0, 1000, 1, 4)"), [(1000, 499500)])


def dataframe(spark: Any, space: str) -> None:
    """Local data goes up, an aggregate comes back as pandas."""
    sent = pd.DataFrame({"k": ["x", "y", "x"], "v": [1, 2, 3]})
    found = spark.createDataFrame(sent).groupBy("k").sum("v").orderBy("k").toPandas()
    expect(found.to_numpy().tolist(), [["x", 4], ["y", 2]])


def udf(spark: Any, space: str) -> None:
    """The client's Python runs on the workers."""
    from pyspark.sql import functions as F

    shout = F.udf(lambda text: text.upper() + "!", "string")
    frame = spark.createDataFrame([("a",), ("b",)], "word string")
    expect([row[0] for row in frame.select(shout("word")).collect()], ["A!", "B!"])


def pandas_udf(spark: Any, space: str) -> None:
    """The same over Arrow."""
    from pyspark.sql import functions as F

    def half(values: pd.Series) -> pd.Series:
        return values * 0.5

    vectorised = F.pandas_udf(half, "double")
    found = [row[0] for row in spark.range(4).select(vectorised("id")).collect()]
    expect(found, [0.0, 0.5, 1.0, 1.5])


def iceberg_write(spark: Any, space: str) -> None:
    """Create, insert, merge, update, delete."""
    table = three(spark, f"{space}.written")
    spark.sql(
        f"MERGE INTO {table} t USING (SELECT 1L AS id, 'A' AS name, DATE'2026-01-01' AS d "
        "UNION ALL SELECT 9L, 'new', DATE'2026-04-01') s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT *"
    )
    spark.sql(f"UPDATE {table} SET name = 'B' WHERE id = 2")
    spark.sql(f"DELETE FROM {table} WHERE id = 3")
    found = rows(spark, f"SELECT id, name FROM {table} ORDER BY id")
    expect(found, [(1, "A"), (2, "B"), (9, "new")])


def iceberg_history(spark: Any, space: str) -> None:
    """Time travel by version and by time, and a branch that main does not see."""
    table = three(spark, f"{space}.history")
    first = rows(spark, f"SELECT snapshot_id FROM {table}.snapshots")[0][0]
    time.sleep(1.1)
    moment = rows(spark, "SELECT CAST(now() AS STRING)")[0][0]
    time.sleep(1.1)
    spark.sql(f"DELETE FROM {table} WHERE id > 1")
    expect(rows(spark, f"SELECT count(*) FROM {table} VERSION AS OF {first}"), [(3,)])
    expect(rows(spark, f"SELECT count(*) FROM {table} TIMESTAMP AS OF '{moment}'"), [(3,)])
    spark.sql(f"ALTER TABLE {table} CREATE BRANCH audit")
    spark.sql(f"INSERT INTO {table}.branch_audit VALUES (7, 'z', DATE'2026-05-01')")
    expect(rows(spark, f"SELECT count(*) FROM {table} VERSION AS OF 'audit'"), [(2,)])
    expect(rows(spark, f"SELECT count(*) FROM {table}"), [(1,)])


def iceberg_shape(spark: Any, space: str) -> None:
    """Schema evolution and a new name."""
    table = three(spark, f"{space}.shaped")
    spark.sql(f"ALTER TABLE {table} ADD COLUMN extra INT")
    spark.sql(f"ALTER TABLE {table} RENAME COLUMN name TO title")
    spark.sql(f"ALTER TABLE {table} ALTER COLUMN extra TYPE BIGINT")
    expect(rows(spark, f"SELECT title, extra FROM {table} WHERE id = 1"), [("a", None)])
    spark.sql(f"ALTER TABLE {table} RENAME TO {space}.renamed")
    expect(rows(spark, f"SELECT count(*) FROM {space}.renamed"), [(3,)])


def iceberg_query(spark: Any, space: str) -> None:
    """A table made from a query, replaced by another, and one made by a DataFrame."""
    spark.sql(f"CREATE TABLE {space}.made AS SELECT id * 10 AS ten FROM range(4)")
    expect(rows(spark, f"SELECT sum(ten) FROM {space}.made"), [(60,)])
    spark.sql(f"CREATE OR REPLACE TABLE {space}.made AS SELECT 7 AS seven")
    expect(rows(spark, f"SELECT * FROM {space}.made"), [(7,)])
    frame = spark.range(1000).selectExpr("id", "id % 7 AS k")
    frame.writeTo(f"{space}.framed").using("iceberg").create()
    expect(spark.table(f"{space}.framed").groupBy("k").count().count(), 7)


def token(spark: Any, space: str) -> None:
    """A wrong token opens nothing, whatever the client."""
    import grpc

    try:
        lakehouse_client.connect(settings=_settings_with_a_wrong_token())
    except Exception as error:
        if "UNAUTHENTICATED" in str(error) or _code(error) == grpc.StatusCode.UNAUTHENTICATED:
            return
        raise
    msg = "a session was opened with a token that is nobody's"
    raise AssertionError(msg)


def _code(error: Exception) -> object:
    code = getattr(error, "code", None)
    return code() if callable(code) else None


CHECKS: dict[str, Check] = {
    "SQL": sql,
    "DataFrame": dataframe,
    "UDF": udf,
    "pandas UDF": pandas_udf,
    "Iceberg: create, insert, merge, update, delete": iceberg_write,
    "Iceberg: time travel, branch": iceberg_history,
    "Iceberg: schema evolution, rename": iceberg_shape,
    "Iceberg: from a query, replaced, from a DataFrame": iceberg_query,
    "a wrong token": token,
}


def main(connection: Path, namespace: str) -> dict[str, Any]:
    """Run every check; a failure does not end the others."""
    document = json.loads(connection.read_text(encoding="utf-8"))
    answer: dict[str, Any] = {"client": pyspark.__version__, "server": "", "refused": ""}
    try:
        spark = lakehouse_client.connect(settings=_settings())
    except lakehouse_client.VersionError as error:
        return {**answer, "refused": str(error), "checks": {}}
    answer["server"] = spark.version
    space = f"{document['catalog']}.{namespace}"
    spark.sql(f"CREATE NAMESPACE {space}")
    return {
        **answer,
        "checks": {name: _said(check, spark, space) for name, check in CHECKS.items()},
    }


def _said(check: Check, spark: Any, space: str) -> str:
    """Empty if it passed. Whatever the client raises is the finding, so all of it is caught."""
    try:
        check(spark, space)
    except Exception as error:
        return (f"{type(error).__name__}: {' '.join(str(error).split())}")[:500]
    return ""


def _settings() -> lakehouse_client.Settings:
    document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    return lakehouse_client.Settings(
        url=document["url"],
        ca_file=Path(document["ca_file"]),
        token_file=Path(document["token_file"]),
    )


def _settings_with_a_wrong_token() -> lakehouse_client.Settings:
    wrong = Path(sys.argv[1]).with_name("wrong.token")
    wrong.write_text("nobody-has-this-one-0123456789", encoding="utf-8")
    return replace(_settings(), token_file=wrong)


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), sys.argv[2]), sys.stdout)
