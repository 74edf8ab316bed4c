"""Health, readiness, the watchdog, the probe and the status."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from lakehouse.boot import BootDocument
from node import health, probe, probe_result, processes, status, web
from node.errors import NodeError
from node.instance import Instance
from node.probe_result import ProbeResult
from node.watchdog import DEAD_SECONDS, KILL_SECONDS, START_SECONDS, Watchdog

MASTER = {
    "workers": [
        {
            "id": "w1",
            "host": "10.0.1.5",
            "port": 7078,
            "state": "ALIVE",
            "cores": 2,
            "coresused": 1,
            "memory": 832,
            "memoryused": 768,
            "lastheartbeat": 1_700_000_000_500,
        },
        {
            "id": "w0",
            "host": "10.0.1.6",
            "port": 7078,
            "state": "DEAD",
            "cores": 2,
            "coresused": 0,
            "memory": 832,
            "memoryused": 0,
            "lastheartbeat": 1,
        },
    ],
    "activeapps": [
        {
            "id": "app-1",
            "name": "Spark Connect server",
            "state": "RUNNING",
            "cores": 2,
            "memoryperexecutor": 768,
            "starttime": 1,
            "duration": 4200,
        }
    ],
}
PAGE = "<h4>\n  3 session(s) are online,\n  running <b>1</b> Request(s)\n</h4>"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("age", "healthy"), [(0, True), (29, True), (31, False), (-5, False)])
def test_healthy_means_a_query_answered_lately(age: int, healthy: bool) -> None:
    assert ProbeResult(last_success=1000).healthy(1000 + age) is healthy


def test_before_the_first_query_nothing_is_healthy() -> None:
    assert not ProbeResult().healthy(1_700_000_000)


def test_a_result_comes_back_as_written(tmp_path: Path) -> None:
    result = ProbeResult(time=1, last_success=1, error="x", distributed_latency_seconds=0.5)
    probe_result.write(tmp_path / "probe.json", result)
    assert probe_result.read(tmp_path / "probe.json") == result
    assert [path.name for path in tmp_path.iterdir()] == ["probe.json"], "no half of a file stays"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"other": 1}'])
def test_a_broken_result_is_no_success(tmp_path: Path, text: str) -> None:
    (tmp_path / "probe.json").write_text(text)
    assert probe_result.read(tmp_path / "probe.json") == ProbeResult()


def test_the_load_balancer_sees_200_or_503(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.paths, "PROBE", tmp_path / "probe.json")
    assert health.healthz(1000.0)[0] == 503
    probe_result.write(tmp_path / "probe.json", ProbeResult(last_success=995.0, error="SECRET"))
    code, body = health.healthz(1000.0)
    assert (code, body) == (200, {"healthy": True, "last_success_seconds": 5.0})


def test_one_path_is_served_over_http() -> None:
    server = health.serve("127.0.0.1", 0, "/healthz", lambda: (200, {"healthy": True}))
    try:
        assert web.get_json("127.0.0.1", server.server_port, "/healthz") == {"healthy": True}
        with pytest.raises(web.WebError, match="status 404"):
            web.get("127.0.0.1", server.server_port, "/etc/passwd")
    finally:
        server.shutdown()
        server.server_close()


def test_readiness_waits_for_a_query_and_is_said_once() -> None:
    said = []
    readiness = health.Readiness(lambda: said.append(1), Clock())
    readiness.step(ready=False)
    assert not said
    readiness.step(ready=True)
    readiness.step(ready=True)
    assert said == [1]


def test_readiness_is_said_again_after_a_fault_of_the_account() -> None:
    clock, calls = Clock(), []

    def complete() -> None:
        calls.append(1)
        if len(calls) == 1:
            msg = "throttled"
            raise NodeError(msg)

    readiness = health.Readiness(complete, clock)
    readiness.step(ready=True)
    readiness.step(ready=True)
    assert len(calls) == 1, "not at once"
    clock.now += health.HOOK_RETRY
    readiness.step(ready=True)
    assert readiness.done


class Server:
    """A Connect server as the watchdog sees it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pid: int | None = 5
        self.ui = True
        self.signals: list[signal.Signals] = []
        self.dog = Watchdog(
            ui_open=lambda: self.ui,
            find=lambda: self.pid,
            send=lambda _, number: not self.signals.append(number),
            clock=self.clock,
        )

    def watch(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.dog.step()
            self.clock.now += 1


def test_a_server_with_a_dead_context_is_ended() -> None:
    server = Server()
    server.watch(5)
    server.ui = False
    server.watch(DEAD_SECONDS - 1)
    assert not server.signals, "an orderly stop takes a while too"
    server.watch(3)
    assert server.signals == [signal.SIGTERM]


def test_a_server_that_ignores_its_end_is_killed() -> None:
    server = Server()
    server.watch(5)
    server.ui = False
    server.watch(DEAD_SECONDS + KILL_SECONDS + 3)
    assert server.signals == [signal.SIGTERM, signal.SIGKILL]


def test_a_starting_server_has_time() -> None:
    server = Server()
    server.ui = False
    server.watch(START_SECONDS - 1)
    assert not server.signals


def test_a_new_server_has_time_again() -> None:
    server = Server()
    server.watch(5)
    server.ui, server.pid = False, 6
    server.watch(DEAD_SECONDS + 5)
    assert not server.signals


def test_no_server_is_systemds_business() -> None:
    server = Server()
    server.ui, server.pid = False, None
    server.watch(START_SECONDS + 5)
    assert not server.signals


def test_the_probe_publishes_success_and_failure() -> None:
    published: list[ProbeResult] = []
    fail = [False]

    def query(sql: str) -> None:
        if fail[0]:
            raise ValueError("Pool  not\nrunning")  # noqa: EM101

    asker = probe.Probe(query, published.append, first=ProbeResult(spark_version="3.5.7"))
    assert asker.ask()
    good = published[-1]
    assert (good.error, good.spark_version) == ("", "3.5.7")
    assert good.last_success > 0
    fail[0] = True
    assert not asker.ask()
    assert published[-1].error == "Pool not running"
    assert published[-1].last_success == good.last_success, "a failure does not undo a success"


def test_executors_are_asked_separately() -> None:
    published: list[ProbeResult] = []
    asker = probe.Probe(lambda _: None, published.append, first=ProbeResult())
    asker.ask_executors()
    assert published[-1].distributed_success > 0
    assert published[-1].last_success == 0, "the leader is healthy by its own query only"


def test_the_health_query_needs_no_executor() -> None:
    assert "VALUES" in probe.LOCAL_QUERY, "rows of no relation would be a job (3.5)"
    assert "range" in probe.DISTRIBUTED_QUERY


def write_process(proc: Path, pid: int, *words: str) -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "cmdline").write_bytes("\0".join((*words, "")).encode())


def test_the_jvm_is_found_and_not_its_shell_or_launcher(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    write_process(tmp_path, 1, "/bin/bash", "spark-class", processes.WORKER)
    write_process(tmp_path, 2, "java", "-cp", "x", processes._LAUNCHER, processes.WORKER)
    assert processes.find(processes.WORKER, tmp_path) is None
    write_process(tmp_path, 3, "/usr/bin/java", "-Xmx1g", processes.WORKER, "-h", "x")
    assert processes.find(processes.WORKER, tmp_path) == 3


def test_another_users_jvm_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_process(tmp_path, 3, "/usr/bin/java", processes.WORKER)
    monkeypatch.setattr(os, "getuid", lambda: -1)
    assert processes.find(processes.WORKER, tmp_path) is None


def test_dead_workers_are_not_listed() -> None:
    assert [worker["id"] for worker in status.workers(MASTER)] == ["w1"]


@pytest.mark.parametrize(("page", "expected"), [(PAGE, (3, 1)), ("<html/>", None)])
def test_sessions_are_counted_or_unknown(page: str, expected: object) -> None:
    assert status.sessions(page) == expected


def collect(
    leader: BootDocument, instance: Instance, probe_: ProbeResult, now: float = 1000.0
) -> dict[str, Any]:
    return status.collect(
        leader, instance, probe_, version={"version_set": "a"}, now=now, uptime=61.7
    )


def test_the_status_tells_the_fleet(
    leader: BootDocument, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status.web, "get_json", lambda *_: MASTER)
    monkeypatch.setattr(status.web, "get", lambda *_: PAGE)
    told = collect(leader, instance, ProbeResult(last_success=999.0))
    assert told["healthy"]
    assert told["workers_alive"] == 1
    assert told["application"]["id"] == "app-1"
    assert (told["sessions"], told["operations"]) == (3, 1)
    assert told["uptime_seconds"] == 62
    assert told["problems"] == []


def test_what_cannot_be_asked_is_null_and_a_problem(
    leader: BootDocument, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(host: str, port: int, path: str) -> str:
        msg = f"{port}: refused"
        raise web.WebError(msg)

    monkeypatch.setattr(status.web, "get_json", refuse)
    monkeypatch.setattr(status.web, "get", refuse)
    told = collect(leader, instance, ProbeResult(error="no server"))
    assert told["workers"] is None
    assert told["workers_alive"] is None
    assert told["sessions"] is None
    assert told["problems"] == [
        "master: 8080: refused",
        "driver: 4040: refused",
        "probe: no server",
    ]


def test_an_image_without_a_version_file_still_has_a_status(tmp_path: Path) -> None:
    assert status.read_version(tmp_path / "version.json") == {}
