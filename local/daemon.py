"""A background process of a cloud: found again by pid and start time, held in its cgroup."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lakehouse.errors import DeadlineError, ToolError
from local import wait
from local.cgroups import Cgroups, send
from local.paths import CloudPaths

GROUP: Final = "daemons"
_LAUNCH_SECONDS: Final = 20.0
_QUOTED_LINES: Final = 15
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same number."""

    pid: int
    started: int
    """Clock ticks after the host's boot (field 22 of /proc/PID/stat)."""

    @classmethod
    def of_stat(cls, text: str) -> Identity:
        """From the text of /proc/PID/stat, in which the command may hold spaces."""
        head, _, tail = text.rpartition(")")
        return cls(int(head.split(" ", 1)[0]), int(tail.split()[19]))

    def alive(self) -> bool:
        """Whether exactly this process runs (a zombie does not)."""
        try:
            text = Path(f"/proc/{self.pid}/stat").read_text()
        except OSError:
            return False
        return Identity.of_stat(text) == self and text.rpartition(")")[2].split()[0] != "Z"


class Daemon:
    """The background process called `name` of one cloud."""

    def __init__(self, paths: CloudPaths, name: str) -> None:
        self.name = name
        self._pid_file = paths.run / f"{name}.pid"
        self._lock_file = paths.run / f"{name}.lock"
        self.log_file = paths.logs / f"{name}.log"
        self._group = f"{paths.cgroup}/{GROUP}"

    def identity(self) -> Identity | None:
        """The process, if it runs."""
        try:
            identity = Identity.of_stat(self._pid_file.read_text())
        except (OSError, ValueError, IndexError):
            return None
        return identity if identity.alive() else None

    def alive(self) -> bool:
        """Whether it runs."""
        return self.identity() is not None

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it in the background and return when it has a pid; nothing if it runs.

        Raises:
            DeadlineError: no process came to be.
        """
        if self.alive():
            return
        cgroups = Cgroups()
        cgroups.create(self._group)
        for directory in (self._pid_file.parent, self.log_file.parent):
            directory.mkdir(parents=True, exist_ok=True)
        self._pid_file.unlink(missing_ok=True)
        script = "\n".join(
            [
                # A second start at the same time ends here instead of making a twin.
                f"exec 9>>{self._lock_file} && flock --timeout 5 9 || exit 125",
                cgroups.join_script(self._group),
                f'read -r stat </proc/$$/stat && echo "$stat" >{self._pid_file}.new',
                f"mv {self._pid_file}.new {self._pid_file} || exit 125",
                'exec "$@"',
            ]
        )
        with self.log_file.open("ab") as log:
            subprocess.run(
                ["setsid", "--fork", "sh", "-c", script, self.name, *command],
                cwd="/",
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
                timeout=_LAUNCH_SECONDS,
            )
        wait.until(
            self._pid_file.exists,
            what=f"the start of {self.name}",
            deadline=_LAUNCH_SECONDS,
            describe=self.last_words,
            interval=0.01,
        )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it.

        Raises:
            ToolError: it does not run.
        """
        identity = self.identity()
        if identity is None:
            msg = f"{self.name} does not run any more; it said last:\n{self.last_words()}"
            raise ToolError(msg)
        send(identity.pid, number)

    def stop(self, deadline: float = 5.0) -> None:
        """End it: politely, then by force."""
        identity = self.identity()
        if identity is not None:
            send(identity.pid, signal.SIGTERM)
            try:
                wait.until(
                    lambda: not identity.alive(), what=f"the end of {self.name}", deadline=deadline
                )
            except DeadlineError:
                send(identity.pid, signal.SIGKILL)
                wait.until(
                    lambda: not identity.alive(), what=f"the end of {self.name}", deadline=deadline
                )
        self._pid_file.unlink(missing_ok=True)

    def last_words(self) -> str:
        """The end of its log."""
        try:
            with self.log_file.open(errors="replace") as log:
                return "".join(deque(log, _QUOTED_LINES)).rstrip()
        except OSError:
            return "(no log)"


def daemons(paths: CloudPaths, prefix: str = "") -> list[str]:
    """Names of daemons that were started and not stopped."""
    return sorted(each.stem for each in paths.run.glob(f"{prefix}*.pid"))


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """An environment that carries nothing of the caller's account, proxies or Python."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key in {"HOME", "LANG", "TZ"} or key.startswith("MILLRACE_")
    }
    return {"PATH": _PATH, **kept, **extra}
