"""Drives the Pulumi program through its CLI: outputs, preview, up, destroy.

The engine is never imported: an operator's pulumi, or the one the toolchain brings, runs as
a process of its own with an environment that is passed in.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lakehouse.errors import DeadlineError, ToolError
from lakehouse.outputs import StackOutputs
from toolchain.ensure import ensure_pulumi

Log = Callable[[str], None]

TAIL_LINES: Final = 25
"""Lines of a failed command that its error repeats."""

QUICK: Final = 120.0
"""Seconds for commands that only read the stack's state."""

UPDATE: Final = 3600.0
"""Seconds for commands that change resources."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """One stack of the program."""

    stack: str
    directory: Path
    """Where `Pulumi.yaml` is."""
    pulumi: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Added to this process's environment: backend, passphrase file, credentials."""

    def outputs(self) -> StackOutputs:
        """What the stack exported; the document carries ARNs and no secret value.

        Raises:
            ToolError: pulumi failed, for example because there is no such stack.
            ContractError: the stack was never brought up, or by another version.
        """
        text = self._run(["stack", "output", "--json", "--stack", self.stack], QUICK)
        return StackOutputs.from_json(text)

    def select(self) -> None:
        """Make sure that the stack exists."""
        self._run(["stack", "select", "--create", self.stack], QUICK)

    def preview(self, log: Log, *, expect_no_changes: bool = False) -> None:
        """Show what an update would do; with `expect_no_changes` any change is an error."""
        extra = ["--expect-no-changes"] if expect_no_changes else []
        self._run(["preview", "--stack", self.stack, *extra], UPDATE, log)

    def up(self, log: Log) -> None:
        """Bring the stack to what the configuration says."""
        self._run(["up", "--yes", "--skip-preview", "--stack", self.stack], UPDATE, log)

    def refresh(self, log: Log) -> None:
        """Read what there is, and drop creations of which nobody knows whether they happened."""
        arguments = ["refresh", "--yes", "--skip-preview", "--clear-pending-creates"]
        self._run([*arguments, "--stack", self.stack], UPDATE, log)

    def destroy(self, log: Log) -> None:
        """Delete every resource of the stack, or none where one is protected.

        It is the preview that finds those: without it, the engine deletes what is in front of
        them first.
        """
        self._run(["destroy", "--yes", "--stack", self.stack], UPDATE, log)

    def _run(self, arguments: list[str], deadline: float, log: Log | None = None) -> str:
        command = [str(self.pulumi), *arguments, "--non-interactive", "--color", "never"]
        with subprocess.Popen(
            command,
            cwd=self.directory,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process:
            return _follow(process, " ".join(arguments[:2]), deadline, log)


def _follow(process: subprocess.Popen[str], what: str, deadline: float, log: Log | None) -> str:
    """Read both streams as they come; returns all of stdout."""
    output: list[str] = []
    tail: deque[str] = deque(maxlen=TAIL_LINES)

    def read(stream: Iterable[str], keep: bool) -> None:
        for line in stream:
            text = line.rstrip("\n")
            tail.append(text)
            if keep:
                output.append(text)
            if log is not None:
                log(text)

    readers = [
        threading.Thread(target=read, args=(process.stdout, True), daemon=True),
        threading.Thread(target=read, args=(process.stderr, False), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        code = process.wait(deadline)
    except subprocess.TimeoutExpired as error:
        # Pulumi cancels its update on the first interrupt and keeps its state consistent.
        process.terminate()
        last = tail[-1] if tail else "nothing"
        msg = f"`pulumi {what}` ran longer than {deadline:g} s; last line: {last}"
        raise DeadlineError(msg) from error
    finally:
        for reader in readers:
            reader.join(10)
    if code != 0:
        said = "\n".join(tail)
        msg = f"`pulumi {what}` ended with code {code}:\n{said}"
        raise ToolError(msg)
    return "\n".join(output)


def find_pulumi(
    log: Log, environment: Mapping[str, str] = os.environ
) -> tuple[Path, dict[str, str]]:
    """The pulumi to use and what it wants in its environment: the operator's, else ours.

    Raises:
        LakehouseError: there is none and none could be brought.
    """
    found = shutil.which("pulumi", path=environment.get("PATH"))
    if found:
        return Path(found), {}
    kit = ensure_pulumi(log)
    return kit.pulumi, kit.pulumi_home_env
