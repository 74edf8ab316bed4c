"""Short system commands: run, waited for, and quoted when they fail."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from lakehouse.errors import DeadlineError, ToolError


def run(command: Sequence[str | Path], *, stdin: str = "", deadline: float = 30.0) -> str:
    """Run a command and return its standard output.

    Raises:
        ToolError: it failed or is not installed.
        DeadlineError: it did not end in time (and was killed).
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, input=stdin, capture_output=True, text=True, timeout=deadline, check=False
        )
    except FileNotFoundError as error:
        msg = f"{words[0]} is not installed: {error}"
        raise ToolError(msg) from error
    except subprocess.TimeoutExpired as error:
        msg = f"`{' '.join(words)}` did not end within {deadline:.0f} s"
        raise DeadlineError(msg) from error
    if done.returncode != 0:
        msg = f"`{' '.join(words)}` ended with {done.returncode}: {done.stderr.strip()}"
        raise ToolError(msg)
    return done.stdout
