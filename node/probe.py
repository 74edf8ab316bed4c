"""`python -m node.probe`, in Spark's own Python: queries through the real server, for ever.

Health is a query, never a port: a Connect server outlives its SparkContext with its port open.
Two queries: one of local rows, which the driver answers without executors (so a leader is ready
before its first worker), and now and then one that needs executors, which is only reported.
"""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from lakehouse import ports
from node import journal, paths, probe_result
from node.probe_result import ProbeResult

LOG: Final = logging.getLogger("node.probe")

SESSION_ID: Final = "6d696c6c-7261-4365-a070-726f62650001"
"""One session for ever: a server keeps at most 100, and each probe would take one."""

LOCAL_QUERY: Final = "SELECT col1 AS one FROM VALUES (1)"
DISTRIBUTED_QUERY: Final = "SELECT count(*) AS rows, sum(id) AS total FROM range(0, 1000, 1, 4)"

EVERY: Final = 5.0
EVERY_UNTIL_FIRST: Final = 0.3
DISTRIBUTED_EVERY: Final = 30.0
FAILURES_UNTIL_RESTART: Final = 4
"""Then the process ends and systemd starts it anew: a client cannot safely make a second session
(closing or collecting the first breaks the process's thread pool, 3.5.7)."""

Query = Callable[[str], None]


def load_client() -> tuple[Any, Any]:
    """The client's classes: seconds of imports, done while the server is still starting."""
    from pyspark.sql.connect import client
    from pyspark.sql.connect.session import SparkSession

    # 4.0 gave the class that takes a URL a name of its own.
    builder = getattr(client, "DefaultChannelBuilder", client.ChannelBuilder)
    return builder, SparkSession


def connect(channel_builder: Any, spark_session: Any) -> tuple[Query, str]:
    """Open the one session; a function that runs SQL, and the server's version."""
    url = f"sc://127.0.0.1:{ports.CONNECT}/;user_id={probe_result.USER};session_id={SESSION_ID}"
    channel = channel_builder(
        url,
        channelOptions=[
            # gRPC's own back-off reaches two minutes; a restarted server is up in ten seconds.
            ("grpc.initial_reconnect_backoff_ms", 100),
            # Also the time one attempt may take: a busy server needs a while for its greeting.
            ("grpc.min_reconnect_backoff_ms", 5000),
            ("grpc.max_reconnect_backoff_ms", 1000),
        ],
    )
    session = spark_session.builder.channelBuilder(channel).create()
    hurry(session.client)

    def run(sql: str) -> None:
        session.sql(sql).collect()

    return run, str(session.version)


def hurry(client: Any) -> None:
    """Let a client try once more and no longer: it would for ten minutes, and a probe asks now."""
    patience = {"max_retries": 1, "initial_backoff": 100, "max_backoff": 500}
    if hasattr(client, "set_retry_policies"):
        from pyspark.sql.connect.client.retries import DefaultPolicy

        client.set_retry_policies([DefaultPolicy(**patience)])
    else:
        # 3.5 has no other way to say it.
        client._retry_policy.update(patience)


class Probe:
    """Asks and keeps the last answers."""

    def __init__(
        self,
        query: Query,
        publish: Callable[[ProbeResult], None],
        *,
        first: ProbeResult,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`first` is where to go on from: what an earlier process of this unit found."""
        self._query = query
        self._publish = publish
        self._clock = clock
        self._lock = threading.Lock()
        self.result = first
        self.failures = 0

    def ask(self) -> bool:
        """Run the local query once and publish what happened."""
        started = time.monotonic()
        error = _attempt(self._query, LOCAL_QUERY)
        now = self._clock()
        if error:
            if not self.failures:
                LOG.warning("query failed: %s", error)
            self.failures += 1
            self._update(time=now, error=error)
            return False
        if self.failures or not self.result.last_success:
            LOG.info("query answered in %.2f s", time.monotonic() - started)
        self.failures = 0
        self._update(
            time=now,
            last_success=now,
            latency_seconds=round(time.monotonic() - started, 3),
            error="",
        )
        return True

    def ask_executors(self) -> None:
        """Run the distributed query once; it blocks while there is no executor."""
        started = time.monotonic()
        error = _attempt(self._query, DISTRIBUTED_QUERY)
        now = self._clock()
        if error:
            self._update(distributed_time=now, distributed_error=error)
            return
        if not self.result.distributed_success:
            LOG.info("executors answered in %.2f s", time.monotonic() - started)
        self._update(
            distributed_time=now,
            distributed_success=now,
            distributed_latency_seconds=round(time.monotonic() - started, 3),
            distributed_error="",
        )

    def _update(self, **changes: Any) -> None:
        with self._lock:
            self.result = replace(self.result, **changes)
            self._publish(self.result)


def _attempt(query: Query, sql: str) -> str:
    """Empty on success. Whatever the client raises is the finding, so all of it is caught."""
    try:
        query(sql)
    except Exception as error:
        text = " ".join(str(error).split())
        return (text or type(error).__name__)[:500]
    return ""


def await_port(port: int, pause: float = 0.2) -> None:
    """Return once the port is open; the unit's life is the deadline, and health tells meanwhile."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            time.sleep(pause)
        else:
            return


def main() -> int:
    """Probe until the client cannot be trusted any more."""
    journal.configure()
    last = probe_result.read(paths.PROBE)
    classes = load_client()
    await_port(ports.CONNECT)
    query, version = connect(*classes)
    probe = Probe(
        query,
        lambda result: probe_result.write(paths.PROBE, result),
        first=replace(last, spark_version=version),
    )

    def ask_executors() -> None:
        while True:
            probe.ask_executors()
            time.sleep(DISTRIBUTED_EVERY if probe.result.distributed_success else 1)

    # Where the fleet follows the work, a probe that is work would keep or bring a worker.
    if not paths.AUTOSCALE.exists():
        threading.Thread(target=ask_executors, name="executors", daemon=True).start()
    while probe.failures < FAILURES_UNTIL_RESTART:
        answered = probe.ask()
        time.sleep(EVERY if answered else EVERY_UNTIL_FIRST)
    LOG.warning("%d failures in a row: starting over with a new client", probe.failures)
    return 1


if __name__ == "__main__":
    sys.exit(main())
