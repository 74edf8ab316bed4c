"""What a run that was killed leaves of the engine, and how the next one deals with it.

A killed engine leaves three things: processes of its own, a lock on the stack, and operations in
the stack's state of which nobody knows whether they happened.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any, Final

from local import wait
from local.project import STACK, Project

END_SECONDS: Final = 20.0


def engine_processes(project: Project) -> list[int]:
    """Processes that work on this project's state: the engine and its plugins."""
    wanted = f"PULUMI_BACKEND_URL={project.backend_url}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            # It ended while we looked.
            continue
        if wanted in environment.split(b"\0"):
            found.append(int(entry.name))
    return found


def end_engine(project: Project) -> int:
    """End what still works on the stack; returns how many processes that were.

    Raises:
        DeadlineError: one of them does not end.
    """
    abandoned = engine_processes(project)
    for process in abandoned:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait.until(
        lambda: not engine_processes(project),
        what="an abandoned pulumi to end",
        deadline=END_SECONDS,
        describe=lambda: f"still there: {engine_processes(project)}",
    )
    return len(abandoned)


def unlock(project: Project) -> None:
    """Release the stack. Nobody holds it: `end_engine` ran before."""
    for lock in (project.backend / ".pulumi" / "locks").rglob("*.json"):
        lock.unlink()


def unfinished_operations(project: Project) -> list[str]:
    """Resources whose last operation was cut off."""
    checkpoint = project.backend / ".pulumi" / "stacks" / "millrace" / f"{STACK}.json"
    if not checkpoint.exists():
        return []
    document: dict[str, Any] = json.loads(checkpoint.read_text())
    latest = document.get("checkpoint", {}).get("latest") or {}
    return [
        f"{operation['type']} {operation['resource']['urn']}"
        for operation in latest.get("pending_operations") or []
    ]
