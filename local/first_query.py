"""The query that ends `make up`: a table made, filled and read through the endpoint.

Reads the document of `lakehouse connect --json` on standard input and uses nothing else.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from pathlib import Path


def main(catalog: str, namespace: str) -> int:
    """Print what was answered and how long it took."""
    connection = json.load(sys.stdin)
    # Before grpc is imported: it reads its roots once.
    os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = connection["ca_file"]
    from pyspark.sql import SparkSession

    started = time.monotonic()
    token = Path(connection["token_file"]).read_text().strip()
    spark = SparkSession.builder.remote(f"{connection['url']};token={token}").getOrCreate()
    table = f"{catalog}.{namespace}.hello_{uuid.uuid4().hex[:8]}"
    numbers = spark.sql("SELECT id, id * id AS square FROM range(10)")
    numbers.writeTo(table).using("iceberg").create()
    try:
        (row,) = spark.table(table).selectExpr("count(*) AS rows", "sum(square) AS total").collect()
    finally:
        spark.sql(f"DROP TABLE {table}")
    seconds = time.monotonic() - started
    sys.stdout.write(f"{row.rows} rows, sum {row.total}, Spark {spark.version}, {seconds:.1f} s\n")
    return 0 if (row.rows, row.total) == (10, 285) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
