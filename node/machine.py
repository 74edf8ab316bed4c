"""How much machine there is: memory and cores, seen through the control groups that limit it.

A machine of the local cloud is a container: /proc shows the host, its control group the limit.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

_MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What Spark may plan with."""

    memory_mib: int
    cores: int


def read(root: Path = Path("/")) -> Machine:
    """Measure this machine; `root` is for tests."""
    memory = [_total_memory(root), *_limits(root, "memory.max", "memory/memory.limit_in_bytes")]
    cores = [float(len(os.sched_getaffinity(0))), *_cpu_limits(root)]
    return Machine(
        memory_mib=int(min(memory) // _MIB),
        cores=max(1, math.ceil(min(cores))),
    )


def _total_memory(root: Path) -> float:
    for line in (root / "proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemTotal:"):
            return float(line.split()[1]) * 1024
    return math.inf


def _limits(root: Path, *names: str) -> list[float]:
    """Limits that exist; a name has version 2's place or version 1's."""
    found = []
    for name in names:
        text = _first_line(root / "sys/fs/cgroup" / name)
        if text.isdigit():
            found.append(float(text))
    return found


def _cpu_limits(root: Path) -> list[float]:
    found = []
    quota, _, period = _first_line(root / "sys/fs/cgroup/cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit():
        found.append(int(quota) / int(period))
    for controller in ("cpu", "cpu,cpuacct"):
        base = root / "sys/fs/cgroup" / controller
        quota = _first_line(base / "cpu.cfs_quota_us")
        period = _first_line(base / "cpu.cfs_period_us")
        # -1 means no quota.
        if quota.isdigit() and period.isdigit():
            found.append(int(quota) / int(period))
    return found


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
