"""Mounts: what there is below a directory, and how to be rid of it."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path

from lakehouse.errors import DeadlineError, ToolError
from local.shell import run

_ESCAPE = re.compile(r"\\([0-7]{3})")


def mount_points() -> list[Path]:
    """Every mount point of this mount namespace, oldest first."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [Path(_unescape(line.split(" ")[4])) for line in lines]


def below(directory: Path) -> list[Path]:
    """Mount points at or below `directory`, the last mounted first: the order to unmount in."""
    return [each for each in reversed(mount_points()) if each.is_relative_to(directory)]


def mount(target: Path, *, source: str | Path, kind: str, options: Sequence[str] = ()) -> None:
    """Mount `source` at `target`, making the directory."""
    target.mkdir(parents=True, exist_ok=True)
    words: list[str | Path] = ["mount", "-t", kind]
    if options:
        words += ["-o", ",".join(options)]
    run([*words, source, target])


def bind(source: Path, target: Path) -> None:
    """Show `source` at `target` too (which exists)."""
    run(["mount", "--bind", source, target])


def unmount(target: Path, deadline: float = 10.0) -> None:
    """Unmount, waiting for the last process in it to go; afterwards detach it.

    A detached file system leaves the tree at once and is released with its last open file.
    """
    end = time.monotonic() + deadline
    while True:
        try:
            run(["umount", "-c", target])
        except ToolError as error:
            if target not in mount_points() or "not mounted" in str(error):
                # Gone meanwhile, or hidden below a later mount, where nobody can reach it.
                return
            if time.monotonic() > end:
                _detach(target, error)
                return
            time.sleep(0.1)
        else:
            return


def unmount_below(directory: Path, deadline: float = 10.0) -> list[Path]:
    """Unmount everything at or below `directory`; returns what was unmounted."""
    found = below(directory)
    for target in found:
        unmount(target, deadline)
    return found


def _detach(target: Path, cause: ToolError) -> None:
    try:
        run(["umount", "-c", "--lazy", target])
    except ToolError as error:
        msg = f"{target} stays mounted: {error}"
        raise DeadlineError(msg) from cause


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 8)), text)
