"""Booted machines: from no worker to the work and back, notices by two paths, and a dry market."""

from __future__ import annotations

import json
import os
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.paths import CloudPaths
from local.snapshot import Snapshot
from ops import status
from ops.access import open_access
from ops.connect import write_connection
from ops.context import OpsContext, open_context
from ops.machines import Machine, find_machines
from ops.session import open_session
from tests.cluster.conftest import ROOT, UP_SECONDS, Cli
from tests.loopback import free_port

pytestmark = pytest.mark.cluster

CLOUD = "mr-auto"
IDLE = 15
FALLBACK = 30
BACK = 60
MAXIMUM = 3
TYPES = ("t3.small", "t3a.small", "t2.small")
POLICY = {
    "enabled": True,
    "idle_seconds": IDLE,
    "cooldown_seconds": IDLE,
    "backlog_seconds": 2,
    "fallback_seconds": FALLBACK,
    "zone_seconds": 15,
    "return_seconds": BACK,
}
GONE_SECONDS = 120
"""An idle worker is chosen after `IDLE`, five seconds between two looks, and drains through its
hook; the rest is for a machine that several suites share."""

WORK_SECONDS = 300
"""For a machine to boot and work, on such a machine."""

TASKS = 4
"""Of each stage: more than the two cores of one worker, no more than those of two."""

ROWS = 4_000_000
QUERY = (
    "SELECT count(*) AS groups, sum(n) AS total FROM (SELECT id % 1000 AS k, count(*) AS n, "  # noqa: S608
    f"max(sha2(cast(id AS string), 256)) AS m FROM range(0, {ROWS}, 1, {TASKS}) GROUP BY 1)"
)


@dataclass
class Load:
    """One session that asks the same question until it is told to stop."""

    session: Any
    answered: int = 0
    problem: str = ""
    enough: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.enough.is_set():
            try:
                [row] = self.session.sql(QUERY).collect()
            # Whatever a client can meet is what must not happen here.
            except Exception as error:
                self.problem = f"{type(error).__name__}: {error}"
                return
            if list(row) != [1000, ROWS]:
                self.problem = f"the answer is {row}"
                return
            self.answered += 1


@dataclass(frozen=True)
class Cluster:
    """The cloud with its autoscaler, seen as an operator sees it."""

    cli: Cli
    context: OpsContext
    session: Any
    first_query: float
    """Seconds that the very first query took, for which there was no worker."""

    def control(self, method: str, path: str, body: dict[str, Any]) -> None:
        request = urllib.request.Request(
            f"{CloudPaths(CLOUD).api_url}/_local/{path}?region={self.context.outputs.region}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with self.context.inside(), urllib.request.urlopen(request, timeout=10):
            return

    def workers(self) -> dict[str, Machine]:
        with self.context.inside():
            found = find_machines(self.context.account, self.context.outputs)
        return {each.instance_id: each for each in found if each.role == "worker"}

    def nobody(self) -> bool:
        return not self.workers()

    def serving(self, market: str = "") -> list[str]:
        return [
            name
            for name, each in self.workers().items()
            if each.in_service and market in ("", each.market)
        ]

    def node(self) -> dict[str, Any]:
        return dict(status.collect(self.context).node.document)

    def known(self, name: str) -> dict[str, Any]:
        """What the leader shows of one worker."""
        fleet = (self.node().get("fleet") or {}).get("workers", [])
        return next((each for each in fleet if each["instance_id"] == name), {})

    def reasons(self) -> list[str]:
        shown = (self.node().get("autoscaler") or {}).get("decisions", [])
        return [reason for each in shown for reason in each["reasons"]]

    def told(self, words: str) -> bool:
        return any(words in each for each in self.reasons())

    def journal(self) -> list[dict[str, Any]]:
        """Every decision since the leader booted."""
        with self.context.inside():
            machines = find_machines(self.context.account, self.context.outputs)
        [leader] = [each for each in machines if each.role == "leader"]
        command = ["journalctl", "--unit=millrace-autoscaler", "--output=cat", "--no-pager"]
        with open_access(self.context, None, None).shell(leader) as shell:
            text = shell.run(command).stdout
        lines = [line[line.index("{") :] for line in text.splitlines() if '"reasons"' in line]
        return [dict(json.loads(line)) for line in lines]

    def until(self, wanted: Callable[[], Any], seconds: float, claim: str) -> float:
        """Seconds until `wanted()`."""
        begun = time.monotonic()
        while not wanted():
            if time.monotonic() - begun > seconds:
                shown = self.cli.run("status", "--all", check=False).stdout
                pytest.fail(f"{claim}, but not within {seconds:.0f} s:\n{shown}")
            time.sleep(1)
        return time.monotonic() - begun

    @contextmanager
    def busy(self) -> Iterator[Load]:
        """Work until the block ends; every answer must be right."""
        load = Load(self.session)
        thread = threading.Thread(target=load.run, daemon=True)
        thread.start()
        try:
            yield load
        finally:
            load.enough.set()
            thread.join(WORK_SECONDS)
        assert not thread.is_alive(), "the last query must come back"
        assert not load.problem, f"no query may fail: {load.problem}"
        assert load.answered, "and one at least must have been answered"


def with_autoscaler(folder: Path) -> Path:
    """The repository, but for a local stack that begins with no worker."""
    folder.mkdir()
    for entry in ROOT.iterdir():
        if entry.name != "Pulumi.local.yaml":
            (folder / entry.name).symlink_to(entry)
    document = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())
    workers = document["config"]["millrace:generations"]["blue"]["workers"]
    workers |= {
        "instance_types": list(TYPES),
        "minimum": 0,
        "initial": 0,
        "maximum": MAXIMUM,
        "autoscale": POLICY,
    }
    (folder / "Pulumi.local.yaml").write_text(yaml.safe_dump(document))
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("autoscale")
    environment = {
        **os.environ,
        "MILLRACE_PORT": str(free_port()),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    cli = Cli(environment, cloud=CLOUD, checkout=with_autoscaler(folder / "checkout"))
    cli.run("local", "down")
    before = Snapshot.take()
    try:
        said = cli.run("local", "up", deadline=UP_SECONDS).stderr
        found = re.search(r"first query answered: .* ([0-9.]+) s", said)
        assert found, said
        context = open_context("local", cloud=CLOUD)
        session = open_session(write_connection(context, "", folder / "connection"))
        session.conf.set("spark.sql.shuffle.partitions", str(TASKS))
        yield Cluster(cli, context, session, float(found[1]))
        session.client.close()
    finally:
        cli.run("local", "down")
    left = Snapshot.take().since(before, about=[CLOUD])
    assert not left, f"`down` must leave the machine as it was; these stayed: {left}"


def test_from_nobody_to_more_and_a_recommendation_is_followed_in_order(
    cluster: Cluster, record_property: Callable[[str, object], None]
) -> None:
    record_property("seconds from no worker to the first result", cluster.first_query)
    assert cluster.told("the first work after none"), "the first query brought the first worker"
    with cluster.busy():
        cluster.until(
            lambda: len(cluster.serving()) == 2, WORK_SECONDS, "another comes for work that waits"
        )
        cluster.until(
            lambda: any(cluster.known(name).get("state") == "active" for name in cluster.serving()),
            WORK_SECONDS,
            "they take work",
        )
        victim = next(
            name for name in cluster.serving() if cluster.known(name).get("state") == "active"
        )
        cluster.control("POST", "rebalance", {"instance_id": victim})
        cluster.until(
            lambda: (
                {"rebalance by metadata", "rebalance by events"}
                <= set(cluster.known(victim).get("heard", {}))
            ),
            WORK_SECONDS,
            "the worker's own word and the queue's both arrive",
        )
        cluster.until(
            lambda: cluster.told(f"{victim} takes no new task"),
            WORK_SECONDS,
            "it is emptied once its replacement serves",
        )
        assert victim in cluster.workers(), "and not taken while it has work"
    told = cluster.reasons()
    begun = [each for each in told if each.startswith(f"replace {victim}")]
    assert len(begun) == 1, f"one recommendation is one replacement: {told}"
    emptied = next(each for each in told if each.startswith(f"{victim} takes no new task"))
    assert told.index(begun[0]) < told.index(emptied), "the replacement comes first"


def test_idle_workers_leave_in_time(
    cluster: Cluster, record_property: Callable[[str, object], None]
) -> None:
    spent = cluster.until(cluster.nobody, GONE_SECONDS, "idle workers leave an idle cluster")
    record_property("seconds from the last result to no worker", round(spent, 1))


def test_without_spot_the_work_is_done_on_demand_in_time_and_spot_is_returned_to(
    cluster: Cluster, record_property: Callable[[str, object], None]
) -> None:
    cluster.control("PUT", "capacity", dict.fromkeys(TYPES, 0))
    try:
        with cluster.busy() as load:
            spent = cluster.until(lambda: load.answered, WORK_SECONDS, "somebody does the work")
            record_property("seconds from no worker and no spot to a result", round(spent, 1))
            assert not cluster.serving("spot")
            assert cluster.serving("on demand")
            cluster.control("PUT", "capacity", dict.fromkeys(TYPES))
            cluster.until(lambda: cluster.serving("spot"), WORK_SECONDS, "a spot machine is tried")
            cluster.until(lambda: cluster.told("spot is back"), WORK_SECONDS, "and is enough")
    finally:
        cluster.control("PUT", "capacity", dict.fromkeys(TYPES))


def test_nobody_at_work_was_ever_taken_and_no_bound_left(cluster: Cluster) -> None:
    decisions = cluster.journal()
    taken = [each for decision in decisions for each in decision.get("taken", {}).items()]
    assert taken, "the record tells who left, and some did"
    busy = [name for name, was in taken if was["running"] or was["idle_seconds"] < IDLE]
    assert not busy, f"nobody at work is taken: {decisions}"
    assert all(0 <= each["desired"] <= MAXIMUM for each in decisions)
    fallback = next(
        reason
        for each in decisions
        for reason in each["reasons"]
        if reason.startswith("on demand for what is missing")
    )
    waited = re.search(r"did not come in ([0-9]+) s", fallback)
    assert waited, fallback
    assert int(waited[1]) < FALLBACK + 60, f"the market is left soon after {FALLBACK} s: {fallback}"
