"""A spot worker is taken away with notice while a query runs, and nobody notices."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from ops.netns import inside
from tests.cluster.conftest import ROOT, Lakehouse
from tests.engine.accounts import client

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
INTERRUPT_SECONDS = 900
REPLACED_SECONDS = 150
NOTICE_SECONDS = 120
"""AWS's own: a worker works on for the first part of it."""


def workers(lakehouse: Lakehouse) -> dict[str, str]:
    """Instance id -> lifecycle of every worker."""
    document = json.loads(lakehouse.cli.run("status", "--json", check=False).stdout)
    machines = document["machines"]
    return {each["instance_id"]: each["lifecycle"] for each in machines if each["role"] == "worker"}


def await_replaced(lakehouse: Lakehouse, victims: set[str]) -> None:
    """Wait until the fleet is whole without them."""
    end = time.monotonic() + REPLACED_SECONDS
    seen: dict[str, str] = {}
    while time.monotonic() < end:
        seen = workers(lakehouse)
        serving = [name for name, lifecycle in seen.items() if lifecycle == "InService"]
        if not victims & set(seen) and len(serving) >= 2:
            return
        time.sleep(1)
    pytest.fail(f"the fleet replaces interrupted workers; after {REPLACED_SECONDS} s: {seen}")


def lines_of(lakehouse: Lakehouse, instance: str) -> str:
    """What the account has of a machine's journal."""
    group = lakehouse.outputs.watch.log_groups["blue"]
    with inside(lakehouse.paths.name):
        logs = client(lakehouse.paths.api_url, "logs")
        events = logs.get_log_events(
            logGroupName=group, logStreamName=f"blue/worker/{instance}", limit=10000
        )["events"]
    return "\n".join(each["message"] for each in events)


@pytest.fixture(scope="module")
def outcome(lakehouse: Lakehouse) -> dict[str, Any]:
    """One notice to the busiest worker in the middle of a query of somebody's."""
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
        done = lakehouse.cli.run(
            "chaos",
            "interrupt",
            "--during-query",
            "--notice-seconds",
            str(NOTICE_SECONDS),
            "--json",
            check=False,
            deadline=INTERRUPT_SECONDS,
        )
        said, errors = query.communicate(timeout=INTERRUPT_SECONDS)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
    assert query.returncode == 0, f"the query must not notice:\n{errors[-3000:]}"
    found: dict[str, Any] = json.loads(done.stdout)
    found["answer"] = json.loads(said)
    return found


def test_a_query_survives_the_notice_to_one_of_its_workers(outcome: dict[str, Any]) -> None:
    assert outcome["answer"] == [400000, 6000000]


def test_what_became_of_every_query_is_told(outcome: dict[str, Any]) -> None:
    assert outcome["queries"], "a query was in the middle of its work, so there is one to tell of"
    for each in outcome["queries"]:
        assert each["started"] <= outcome["moment"] <= each["ended"], each
        assert each["outcome"] == "succeeded", each


def test_the_machine_is_drained_and_its_last_words_are_in_the_account(
    lakehouse: Lakehouse, outcome: dict[str, Any]
) -> None:
    (machine,) = outcome["machines"]
    await_replaced(lakehouse, {machine["instance_id"]})
    said = lines_of(lakehouse, machine["instance_id"])
    assert "spot interruption: draining" in said or "leaving the group: draining" in said
    assert "drained in" in said, "a notice is for moving shuffle files away"
    assert "leaving once this line was sent" in said, "nothing it said may be lost with it"


def test_it_works_on_before_it_hands_over(lakehouse: Lakehouse, outcome: dict[str, Any]) -> None:
    (machine,) = outcome["machines"]
    said = lines_of(lakehouse, machine["instance_id"])
    before, told, after = said.partition("working on for")
    assert told, "a part of the fleet is not given up as soon as a notice comes"
    assert "draining," not in before
    assert "draining," in after


def test_nothing_new_is_given_to_a_machine_that_drains(
    lakehouse: Lakehouse, outcome: dict[str, Any]
) -> None:
    (machine,) = outcome["machines"]
    said = lines_of(lakehouse, machine["instance_id"])
    _, _, afterwards = said.partition("draining,")
    assert afterwards, "it said that it drains"
    assert "Asked to launch executor" not in afterwards, "a cordoned worker gets no work"


def test_the_leaving_hook_is_completed_before_its_time(
    lakehouse: Lakehouse, outcome: dict[str, Any]
) -> None:
    (machine,) = outcome["machines"]
    account_log = (lakehouse.paths.logs / "account.log").read_text()
    late = [
        line
        for line in account_log.splitlines()
        if machine["instance_id"] in line and "hook drain timed out" in line
    ]
    assert not late, "the agent completes the hook; nobody waits for its timeout"
