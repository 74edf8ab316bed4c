"""A local cloud survives kills: what is left is continued by a start and removed by a stop."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from local.cloud import Cloud
from local.preflight import port_is_free
from local.snapshot import Snapshot
from tests.cluster.cloud.lab import NAME, ROOT, free_port, kill_daemon, remove
from toolchain.progress import Progress

pytestmark = pytest.mark.cluster


def test_a_start_repairs_what_a_kill_of_everything_left() -> None:
    cloud = Cloud(f"{NAME}-2", free_port())
    cloud.stop(Progress())
    before = Snapshot.take()
    first = cloud.start(Progress())
    try:
        for name in ("account", "reconciler"):
            kill_daemon(cloud, name)
        second = cloud.start(Progress())
        assert second.fresh, "an account that was killed has lost what it held"
        assert second.boot_id != first.boot_id
        assert cloud.status().running
    finally:
        remove(cloud)
    assert port_is_free(cloud.host_port)
    left = Snapshot.take().since(before, about=[f"{NAME}-2"])
    assert not left, f"these stayed: {left}"


@pytest.mark.parametrize("seconds", [0.3, 0.6, 0.9, 1.5, 3.0])
def test_a_start_that_was_killed_is_continued_or_removed(seconds: float) -> None:
    cloud = Cloud(f"{NAME}-3", free_port())
    cloud.stop(Progress())
    before = Snapshot.take()
    call = f"from local.cloud import Cloud; Cloud({NAME + '-3'!r}, {cloud.host_port}).%s(print)"
    try:
        kill_after(seconds, call % "start")
        cloud.start(Progress())
        assert cloud.status().running
        kill_after(seconds / 2, call % "stop")
    finally:
        remove(cloud)
    left = Snapshot.take().since(before, about=[f"{NAME}-3"])
    assert not left, f"these stayed: {left}"


def kill_after(seconds: float, program: str) -> None:
    """Run a program and SIGKILL it, unless it ends before."""
    running = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait(10)
