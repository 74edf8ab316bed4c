"""How long a worker needs to hand over, and so how long one with notice may work on.

A spot notice names the end two minutes ahead, and the group looks for a replacement at once.
Until that has warmed up, every task done here is one that the others need not do.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

BASE: Final = 45.0
"""Seconds kept for the tasks that run when draining begins, and for executors to end: 20 of them go
to the last readers of what was handed over (`LastReaders` in jvm/). No task is begun later, so one
that still runs when the machine goes is begun again elsewhere."""

RATE: Final = 64 * 1024 * 1024
"""Bytes of shuffle files in a second. A machine with 0.5 Gbit/s at all times (m7g.medium: "baseline
bandwidth" in the EC2 user guide's instance type specifications) sends so many; 1.3 GB took 11.3 s
on one disk, 115 MB/s, with Spark's eight threads."""

LOCAL_DIRECTORIES: Final = "SPARK_LOCAL_DIRS"


def seconds(data: int) -> float:
    """Seconds to keep for handing over `data` bytes of shuffle files."""
    return BASE + data / RATE


def stored(directories: Sequence[Path]) -> int:
    """Bytes in Spark's local directories; files that go while they are counted are not."""
    found = 0
    waiting = [str(each) for each in directories]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        found += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            # An executor that ends removes its own; the rest is counted at the next look.
            continue
    return found


def local_directories(environment: str) -> tuple[Path, ...]:
    """From the value of `SPARK_LOCAL_DIRS`."""
    return tuple(Path(each) for each in environment.split(",") if each)
