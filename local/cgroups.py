"""Control groups: they hold every process of a cloud together and bound every machine.

Because each process of a cloud is started inside the cloud's group, a stop finds them all
there, whatever happened to files and parents, and can never hit a process of somebody else.
Works with version 2 and with version 1 (hybrid), where the group exists in each hierarchy.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lakehouse.errors import DeadlineError

ROOT: Final = Path("/sys/fs/cgroup")
_V1_HIERARCHIES: Final = ("memory", "cpu", "pids", "systemd", "unified")
_PERIOD_US: Final = 100_000


@dataclass(frozen=True)
class Limits:
    """What a machine may use."""

    memory_mib: int
    cpus: float


@dataclass(frozen=True)
class Cgroups:
    """The host's control groups below `root`."""

    root: Path = ROOT

    @property
    def version(self) -> int:
        """2 for the unified hierarchy, else 1."""
        return 2 if (self.root / "cgroup.controllers").exists() else 1

    def hierarchies(self) -> list[Path]:
        """Where a group has to be made; the first one is asked for its processes."""
        if self.version == 2:
            return [self.root]
        return [self.root / each for each in _V1_HIERARCHIES if (self.root / each).is_dir()]

    def create(self, group: str, limits: Limits | None = None) -> None:
        """Make a group in every hierarchy and set its limits."""
        if self.version == 2:
            self._delegate(group)
        for hierarchy in self.hierarchies():
            (hierarchy / group).mkdir(parents=True, exist_ok=True)
        if limits:
            for path, value in self.limit_files(group, limits).items():
                path.write_text(value)

    def limit_files(self, group: str, limits: Limits) -> dict[Path, str]:
        """Which files get which text to bound a group."""
        memory = str(limits.memory_mib * 1024 * 1024)
        quota = int(limits.cpus * _PERIOD_US)
        if self.version == 2:
            base = self.root / group
            return {base / "memory.max": memory, base / "cpu.max": f"{quota} {_PERIOD_US}"}
        return {
            self.root / "memory" / group / "memory.limit_in_bytes": memory,
            self.root / "cpu" / group / "cpu.cfs_period_us": str(_PERIOD_US),
            self.root / "cpu" / group / "cpu.cfs_quota_us": str(quota),
        }

    def join_script(self, group: str) -> str:
        """Shell text that moves the shell into the group, or ends it when the group is gone."""
        files = [hierarchy / group / "cgroup.procs" for hierarchy in self.hierarchies()]
        return "\n".join(f"echo $$ >{path} || exit 125" for path in files)

    def processes(self, group: str) -> list[int]:
        """Processes in the group and below it."""
        found: set[int] = set()
        for hierarchy in self.hierarchies():
            base = hierarchy / group
            for path in _groups_below(base):
                found.update(_read_pids(path / "cgroup.procs"))
        found.discard(0)
        return sorted(found)

    def populated(self, group: str) -> bool:
        """Whether any process is left in the group. Cheap: asked about each machine each round."""
        if self.version == 2:
            try:
                return "populated 1" in (self.root / group / "cgroup.events").read_text()
            except OSError:
                return False
        return bool(_read_pids(self.hierarchies()[0] / group / "cgroup.procs"))

    def memory_bytes(self, group: str) -> int:
        """Memory charged to the group now, page cache included; 0 if there is no such group."""
        path = (
            self.root / group / "memory.current"
            if self.version == 2
            else self.root / "memory" / group / "memory.usage_in_bytes"
        )
        try:
            return int(path.read_text())
        except (OSError, ValueError):
            return 0

    def kill(self, group: str, *, spare: Iterable[int] = (), deadline: float = 15.0) -> None:
        """SIGKILL everything in the group until nothing is left.

        Raises:
            DeadlineError: processes that do not die (uninterruptible ones).
        """
        end = time.monotonic() + deadline
        spared = {os.getpid(), *spare}
        while left := [pid for pid in self.processes(group) if pid not in spared]:
            if time.monotonic() > end:
                names = ", ".join(f"{pid} ({_command(pid)})" for pid in left)
                msg = f"processes of {group} outlive SIGKILL for {deadline:.0f} s: {names}"
                raise DeadlineError(msg)
            for pid in left:
                send(pid, signal.SIGKILL)
            time.sleep(0.05)

    def remove(self, group: str, deadline: float = 5.0) -> None:
        """Remove an empty group and its children in every hierarchy."""
        end = time.monotonic() + deadline
        for hierarchy in self.hierarchies():
            base = hierarchy / group
            if not base.is_dir():
                continue
            for path in sorted(_groups_below(base), key=lambda each: -len(each.parts)):
                _rmdir(path, end)

    def children(self, group: str) -> list[str]:
        """Names of the groups directly below."""
        names: set[str] = set()
        for hierarchy in self.hierarchies():
            base = hierarchy / group
            if base.is_dir():
                names.update(path.name for path in base.iterdir() if path.is_dir())
        return sorted(names)

    def _delegate(self, group: str) -> None:
        """Let the controllers reach down to the group's parent's children."""
        parents = [self.root, *(self.root / part for part in reversed(Path(group).parents[:-1]))]
        for parent in parents:
            parent.mkdir(exist_ok=True)
            control = parent / "cgroup.subtree_control"
            try:
                control.write_text("+memory +cpu +pids")
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise
                self._vacate(parent)
                control.write_text("+memory +cpu +pids")

    def _vacate(self, parent: Path) -> None:
        """Inside a container the visible root holds processes, which forbids delegation."""
        leaf = parent / "init"
        leaf.mkdir(exist_ok=True)
        for pid in _read_pids(parent / "cgroup.procs"):
            try:
                (leaf / "cgroup.procs").write_text(str(pid))
            except ProcessLookupError:
                continue


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process that may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _read_pids(path: Path) -> list[int]:
    try:
        return [int(word) for word in path.read_text().split()]
    except OSError:
        # The group vanished between listing and reading, or holds threads only.
        return []


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "gone"


def _rmdir(path: Path, end: float) -> None:
    while True:
        try:
            path.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > end:
                msg = f"control group {path} cannot be removed: {error}"
                raise DeadlineError(msg) from error
            time.sleep(0.05)
        else:
            return


def _groups_below(base: Path) -> list[Path]:
    """The group and all within it. Groups vanish while a machine shuts down: those are left out."""
    return [Path(folder) for folder, _, _ in os.walk(base)]
