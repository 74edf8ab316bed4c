"""Mounts of a bake, and removing those that an interrupted one left."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


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
    """`lowers`, lowest first, under a writable `upper`."""
    for path in (upper, work, at):
        path.mkdir(parents=True, exist_ok=True)
    layers = ":".join(str(path) for path in reversed(lowers))
    # A layer is mounted again elsewhere, under other layers: nothing in it may refer to these.
    options = f"lowerdir={layers},upperdir={upper},workdir={work},index=off,redirect_dir=off"
    _run(["mount", "-t", "overlay", "-o", f"{options},metacopy=off", "overlay", str(at)])
    try:
        yield at
    finally:
        _run(["umount", str(at)])


def sweep(folder: Path) -> None:
    """Unmount everything below `folder`, innermost first."""
    points = [
        line.split()[4] for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
    ]
    for point in reversed([p for p in points if Path(p).is_relative_to(folder)]):
        _run(["umount", point])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)
