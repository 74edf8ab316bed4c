"""What a user sees of the whole: up, again up, the proofs, and machines that die."""

from __future__ import annotations

import json
import re
import time

import pytest

from node import paths
from tests.cluster.conftest import Lakehouse

pytestmark = pytest.mark.cluster

FORGOTTEN_SECONDS = 90
OLD_FILES = "shuffle_*"


def status(lakehouse: Lakehouse) -> dict[str, object]:
    document = json.loads(lakehouse.cli.run("status", "--json", check=False).stdout)
    assert isinstance(document, dict)
    return document


def workers(lakehouse: Lakehouse) -> list[str]:
    """Instance ids."""
    return [
        machine["instance_id"]
        for machine in status(lakehouse)["machines"]  # type: ignore[attr-defined]
        if machine["role"] == "worker"
    ]


def test_a_second_up_changes_nothing(lakehouse: Lakehouse) -> None:
    said = lakehouse.cli.run("local", "up").stderr
    unchanged = re.search(r"(\d+) unchanged", said)
    assert unchanged, f"the engine must have run and found all as declared:\n{said}"
    changes = re.findall(r"\d+ (created|updated|replaced|deleted)", said)
    assert not changes, f"a repeated `make up` is free of effects, but: {changes}"


def test_the_smoke_suite_passes_on_the_outputs_alone(lakehouse: Lakehouse) -> None:
    done = lakehouse.cli.run("smoke", check=False, deadline=900)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"


def test_the_demo_gives_the_answers_of_a_second_engine(lakehouse: Lakehouse) -> None:
    done = lakehouse.cli.run("demo", "--scale", "0.01", check=False, deadline=900)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"


def test_workers_do_not_keep_the_shuffle_files_of_finished_statements(
    lakehouse: Lakehouse,
) -> None:
    deadline = time.monotonic() + FORGOTTEN_SECONDS
    seen = ""
    while time.monotonic() < deadline:
        # The leader's own query makes new ones all the time: those of the last minute may be there.
        seen = "".join(
            lakehouse.cli.run(
                "ssh", each, "--", "find", str(paths.SPARK_STATE), "-name", OLD_FILES, "-mmin", "+1"
            ).stdout
            for each in workers(lakehouse)
        )
        if not seen:
            return
        time.sleep(5)
    pytest.fail(
        f"22 queries ended more than {FORGOTTEN_SECONDS} s ago; a worker with notice would hand "
        f"over what nobody will read:\n{seen}"
    )


def test_the_host_sees_one_socket(lakehouse: Lakehouse) -> None:
    import subprocess

    listening = subprocess.run(
        ["ss", "-Hltnp"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    port = lakehouse.cli.environment["MILLRACE_PORT"]
    ours = [line.split()[3] for line in listening if "haproxy" in line]
    assert ours == [f"127.0.0.1:{port}"], f"only the endpoint on loopback, not {ours}"
    java = [line for line in listening if "java" in line and "15002" in line]
    assert not java, f"Spark's own port must stay inside the namespace: {java}"


def test_a_worker_that_dies_is_replaced(lakehouse: Lakehouse) -> None:
    group = lakehouse.outputs.generations[0].worker_group
    machines = lakehouse.paths.machines
    before = {path.name for path in machines.iterdir()}
    there = workers(lakehouse)
    assert len(there) >= 2, f"{group} should have its two workers, has {there}"
    lakehouse.cli.run("ssh", there[0], "--", "systemctl", "poweroff", check=False)
    deadline = time.monotonic() + 120
    alive: list[str] = []
    while time.monotonic() < deadline:
        alive = [
            machine["instance_id"]
            for machine in status(lakehouse)["machines"]  # type: ignore[attr-defined]
            if machine["role"] == "worker" and machine["lifecycle"] == "InService"
        ]
        if there[0] not in alive and len(alive) >= 2 and set(alive) - before:
            return
        time.sleep(1)
    pytest.fail(f"a dead worker's group heals itself; after 120 s in service: {alive}")
