"""Mounts of a bake, and removing those that an interrupted one left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from lakehouse.errors import DeadlineError

_END_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.1


@contextmanager
def squashfs(image: Path, at: Path) -> Iterator[Path]:
    """A squashfs file, mounted read-only."""
    at.mkdir(parents=True, exist_ok=True)
    _run(["mount", "-t", "squashfs", "-o", "loop,ro", str(image), str(at)])
    try:
        yield at
    finally:
        _run(["umount", str(at)])


@contextmanager
def overlay(lowers: Sequence[Path], upper: Path, work: Path, at: Path) -> Iterator[Path]:
    """`lowers`, lowest first, under a writable `upper`.

    A process that something left in the tree, by `chroot`, is ended before the tree goes.
    """
    for path in (upper, work, at):
        path.mkdir(parents=True, exist_ok=True)
    layers = ":".join(str(path) for path in reversed(lowers))
    # A layer is mounted again elsewhere, under other layers: nothing in it may refer to these.
    options = f"lowerdir={layers},upperdir={upper},workdir={work},index=off,redirect_dir=off"
    _run(["mount", "-t", "overlay", "-o", f"{options},metacopy=off", "overlay", str(at)])
    try:
        yield at
    finally:
        _end_those_in(at)
        _run(["umount", str(at)])


def sweep(folder: Path) -> None:
    """Unmount everything below `folder`, innermost first."""
    points = [
        line.split()[4] for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
    ]
    for point in reversed([p for p in points if Path(p).is_relative_to(folder)]):
        _end_those_in(Path(point))
        _run(["umount", point])


def _end_those_in(tree: Path) -> None:
    """Kill every process whose root is `tree`; a timed-out test leaves its program there."""
    start = time.monotonic()
    while found := _rooted_in(tree):
        if time.monotonic() - start > _END_SECONDS:
            msg = f"processes {found} keep {tree} mounted, {_END_SECONDS:.0f} s after SIGKILL"
            raise DeadlineError(msg)
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)


def _rooted_in(tree: Path) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        # One that has ended meanwhile, or is a thread of the kernel, has no root to be read.
        with suppress(OSError):
            if (process / "root").readlink() == tree:
                found.append(int(process.name))
    return found


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)
