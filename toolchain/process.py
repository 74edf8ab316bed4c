"""Programs that are started, waited for with a deadline, and quoted when they fail."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from lakehouse.errors import DeadlineError, ToolError
from toolchain.progress import Log

HEARTBEAT_SECONDS: Final = 15.0
"""How long a program may run before its user hears that it still does."""

_QUOTED_LINES: Final = 20


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    log: Log,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    deadline: float = 600.0,
) -> str:
    """Run `command` and return what it printed; `what` names the step in progress and errors."""
    words = [str(word) for word in command]
    start = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(
            words,
            cwd=directory,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while True:
                remaining = deadline - (time.monotonic() - start)
                try:
                    status = process.wait(max(0.0, min(HEARTBEAT_SECONDS, remaining)))
                except subprocess.TimeoutExpired:
                    elapsed = time.monotonic() - start
                    if elapsed >= deadline:
                        msg = f"{what}: not finished after {elapsed:.0f} s\n{_tail(_read(output))}"
                        raise DeadlineError(msg) from None
                    log(f"{what}: still running after {elapsed:.0f} s")
                else:
                    break
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        text = _read(output)
    if status != 0:
        msg = f"{what}: `{' '.join(words[:3])} ...` ended with {status}\n{_tail(text)}"
        raise ToolError(msg)
    return text


def ask(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> str | None:
    """What a quick question such as ``--version`` is answered with; none if it goes wrong."""
    try:
        answer = subprocess.run(
            [str(word) for word in command],
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def _read(output: IO[str]) -> str:
    output.seek(0)
    return output.read()


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_QUOTED_LINES:])
