"""A run that is killed leaves something that the next one continues and `down` removes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from local.paths import CloudPaths
from local.snapshot import Snapshot
from tests.cluster.conftest import ROOT
from tests.loopback import free_port

pytestmark = pytest.mark.cluster

CLOUD = "mr-kill"
MOMENTS = (
    r"account: answers",
    r"Updating \(local\)",
    r"Vpc \S+ created",
    r"autoscaling:Group \S+-leader creating",
    r"Duration:",
)
"""What the killed runs had just said: before, at the start of, amid and after the engine's work."""

MOMENT_SECONDS = 240
UP_SECONDS = 600


@pytest.fixture
def environment(tmp_path: object) -> Iterator[dict[str, str]]:
    values = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MILLRACE_PORT": str(free_port()),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    lakehouse(values, "down")
    before = Snapshot.take()
    yield values
    lakehouse(values, "down")
    left = Snapshot.take().since(before, about=[CLOUD])
    assert not left, f"`down` removes what killed runs left, but these stayed: {left}"


def command(action: str) -> list[str]:
    return [sys.executable, "-m", "ops.cli", "--cloud", CLOUD, "local", action]


def lakehouse(environment: dict[str, str], action: str) -> str:
    done = subprocess.run(
        command(action),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=UP_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"local {action} after a kill:\n{done.stdout}\n{done.stderr}"
    return done.stderr


def kill_up_at(environment: dict[str, str], moment: str) -> None:
    """Start `up`, and kill it without warning as soon as it has said `moment`."""
    end = time.monotonic() + MOMENT_SECONDS
    said = []
    with subprocess.Popen(
        command("up"), cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if re.search(moment, line):
                process.send_signal(signal.SIGKILL)
                return
            if time.monotonic() > end:
                process.kill()
                break
    pytest.fail(f"`up` never said {moment!r} within {MOMENT_SECONDS} s:\n{''.join(said[-30:])}")


def test_up_continues_after_a_kill_at_any_moment(environment: dict[str, str]) -> None:
    for moment in MOMENTS:
        kill_up_at(environment, moment)
    said = lakehouse(environment, "up")
    assert "first query answered" in said
    assert CloudPaths(CLOUD).state.is_dir()


def test_down_removes_what_a_killed_up_left(environment: dict[str, str]) -> None:
    kill_up_at(environment, r"autoscaling:Group \S+-leader creating")
    lakehouse(environment, "down")
    names = {entry.name for entry in CloudPaths(CLOUD).netns.parent.iterdir()}
    assert not [name for name in names if name.startswith(CLOUD)], names
