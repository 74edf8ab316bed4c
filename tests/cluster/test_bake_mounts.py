"""A bake's mounts come off, whatever was left running on them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops.image import mounts

pytestmark = pytest.mark.cluster

_STAYS = "import os, sys, time; os.chroot(sys.argv[1]); os.chdir('/'); print('in', flush=True); "
_STAYS += "time.sleep(600)"


def leave_one_in(root: Path) -> subprocess.Popen[str]:
    """A process whose root is that tree, and that nobody waits for."""
    command = [sys.executable, "-c", _STAYS, str(root)]
    left = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert left.stdout
    assert left.stdout.readline() == "in\n"
    left.stdout.close()
    return left


def test_what_was_left_in_a_tree_ends_before_the_tree_goes(tmp_path: Path) -> None:
    lower = tmp_path / "lower"
    lower.mkdir()
    names = [tmp_path / name for name in ("upper", "work", "root")]
    with mounts.overlay([lower], *names) as root:
        left = leave_one_in(root)
    assert left.wait(10) == -signal.SIGKILL
    assert not root.is_mount()


def test_a_sweep_of_an_interrupted_bake_ends_it_too(tmp_path: Path) -> None:
    lower, root = tmp_path / "lower", tmp_path / "root"
    for each in (lower, root):
        each.mkdir()
    subprocess.run(["mount", "--bind", lower, root], check=True)
    left = leave_one_in(root)
    mounts.sweep(tmp_path)
    assert left.wait(10) == -signal.SIGKILL
    assert not root.is_mount()
