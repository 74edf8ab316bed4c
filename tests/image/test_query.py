"""Spark of the image writes and reads a table, whatever the machine's processor is."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

pytestmark = pytest.mark.install

_ROWS = 1000
# Files in memory: Hadoop's local ones start a program for every folder's rights, and a process of
# many threads that forks under QEMU's user-mode emulation may never come back. S3 needs neither.
_QUERY = """
import json, platform, shutil, tempfile
from pyspark.sql import SparkSession
folder = tempfile.mkdtemp(prefix="query-", dir="/var/tmp")
settings = {
    "spark.master": "local[1]",
    "spark.ui.enabled": "false",
    "spark.local.dir": folder,
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.catalog.memory": "org.apache.iceberg.spark.SparkCatalog",
    "spark.sql.catalog.memory.catalog-impl": "org.apache.iceberg.inmemory.InMemoryCatalog",
}
try:
    builder = SparkSession.builder
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sql("CREATE NAMESPACE memory.n")
    spark.sql("CREATE TABLE memory.n.t USING iceberg AS SELECT id, id % 7 AS k FROM range(1000)")
    spark.sql("DELETE FROM memory.n.t WHERE k = 6")
    rows = spark.sql("SELECT k, count(*), sum(id) FROM memory.n.t GROUP BY k ORDER BY k").collect()
    java = spark.sparkContext._jvm.System.getProperty("os.arch")
    spark.stop()
finally:
    shutil.rmtree(folder)
print(json.dumps({"rows": [list(row) for row in rows], "java": java, "os": platform.machine()}))
"""
_LIGHT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""One quick compiler and one collector's thread: a query of seconds gains nothing by more, and
under emulation it takes minutes with these and does not come to an end without."""
_DEADLINE_SECONDS = 2400
"""An emulated processor that others use as well took seven minutes."""
_JAVA = {"x86_64": "amd64", "aarch64": "aarch64"}
"""What Java calls a processor, by what the kernel calls it."""


@pytest.fixture(scope="module")
def answer(host: Any) -> dict[str, Any]:
    words = ["timeout", "--kill-after=10", str(_DEADLINE_SECONDS), "env", "JAVA_HOME=/opt/java"]
    words += ["SPARK_HOME=/opt/spark/home", "SPARK_LOCAL_IP=127.0.0.1"]
    words += [f"JDK_JAVA_OPTIONS={_LIGHT}", "/opt/spark/venv/bin/python", "-c", _QUERY]
    result = host.run(shlex.join(words))
    assert result.rc == 0, result.stderr[-3000:]
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_an_iceberg_table_is_written_changed_and_read(answer: dict[str, Any]) -> None:
    numbers = [[number for number in range(_ROWS) if number % 7 == k] for k in range(6)]
    assert answer["rows"] == [[k, len(each), sum(each)] for k, each in enumerate(numbers)]


def test_java_is_of_the_machines_own_processor(host: Any, answer: dict[str, Any]) -> None:
    machine = host.run("uname -m").stdout.strip()
    assert (answer["os"], answer["java"]) == (machine, _JAVA[machine])
