"""A spot worker is taken away with notice while a query runs, and nobody notices."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request

import pytest

from ops.netns import inside
from tests.cluster.conftest import ROOT, Lakehouse

pytestmark = pytest.mark.cluster

QUERY = """
import json, os, sys
from pathlib import Path
connection = json.load(sys.stdin)
os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = connection["ca_file"]
from pyspark.sql import SparkSession
token = Path(connection["token_file"]).read_text().strip()
spark = SparkSession.builder.remote(f"{connection['url']};token={token}").getOrCreate()
spark.conf.set("spark.sql.shuffle.partitions", "24")
print("started", flush=True)
rows = spark.sql(
    "SELECT count(*) AS groups, sum(n) AS rows FROM (SELECT id % 400000 AS k, count(*) AS n, "
    "max(sha2(cast(id AS string), 256)) AS m FROM range(0, 6000000, 1, 12) GROUP BY 1)"
).collect()
print(json.dumps(list(rows[0])), flush=True)
"""
QUERY_SECONDS = 180
REPLACED_SECONDS = 150
NOTICE_SECONDS = 60


def workers(lakehouse: Lakehouse) -> dict[str, str]:
    """Instance id -> lifecycle of every worker."""
    document = json.loads(lakehouse.cli.run("status", "--json", check=False).stdout)
    machines = document["machines"]
    return {each["instance_id"]: each["lifecycle"] for each in machines if each["role"] == "worker"}


def interrupt(lakehouse: Lakehouse, instance_id: str) -> None:
    """Let the emulated EC2 give notice of an interruption."""
    body = {"instance_id": instance_id, "seconds": NOTICE_SECONDS}
    request = urllib.request.Request(
        f"{lakehouse.paths.api_url}/_local/spot-interruptions",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with inside(lakehouse.paths.name), urllib.request.urlopen(request, timeout=10):
        return


def test_a_query_survives_the_notice_to_one_of_its_workers(lakehouse: Lakehouse) -> None:
    victim = sorted(workers(lakehouse))[0]
    with subprocess.Popen(
        [sys.executable, "-c", QUERY],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as query:
        assert query.stdin is not None
        assert query.stdout is not None
        query.stdin.write(json.dumps(lakehouse.connection))
        query.stdin.close()
        query.stdin = None
        assert query.stdout.readline().strip() == "started"
        time.sleep(2)
        interrupt(lakehouse, victim)
        said, errors = query.communicate(timeout=QUERY_SECONDS)
    assert query.returncode == 0, f"the query must not notice:\n{errors[-3000:]}"
    assert json.loads(said) == [400000, 6000000]

    end = time.monotonic() + REPLACED_SECONDS
    seen: dict[str, str] = {}
    while time.monotonic() < end:
        seen = workers(lakehouse)
        serving = [name for name, lifecycle in seen.items() if lifecycle == "InService"]
        if victim not in seen and len(serving) >= 2:
            return
        time.sleep(1)
    pytest.fail(f"the fleet replaces an interrupted worker; after {REPLACED_SECONDS} s: {seen}")
