"""Python of the client's runs on the workers: plain and vectorised functions."""

from __future__ import annotations

from typing import Any

import pandas as pd


def test_a_python_function_runs_on_the_workers(spark: Any) -> None:
    from pyspark.sql import functions as F

    shout = F.udf(lambda text: text.upper() + "!", "string")
    frame = spark.createDataFrame([("a",), ("b",)], "word string")
    assert [row[0] for row in frame.select(shout("word")).collect()] == ["A!", "B!"]


def test_a_pandas_function_runs_on_the_workers(spark: Any) -> None:
    from pyspark.sql import functions as F

    def half(values: pd.Series) -> pd.Series:
        return values * 0.5

    vectorised = F.pandas_udf(half, "double")
    rows = spark.range(4).select(vectorised("id")).collect()
    assert [row[0] for row in rows] == [0.0, 0.5, 1.0, 1.5]


def test_a_pandas_frame_survives_the_round_trip(spark: Any) -> None:
    sent = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    received = spark.createDataFrame(sent).orderBy("a").toPandas()
    assert received.to_dict("list") == sent.to_dict("list")


def test_functions_run_as_a_user_without_rights(spark: Any) -> None:
    from pyspark.sql import functions as F

    def user() -> int:
        import os

        return os.getuid()

    uid = spark.range(1).select(F.udf(user, "int")()).collect()[0][0]
    assert uid != 0, "a user's function runs as root"
