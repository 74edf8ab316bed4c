"""Progress of long work, one line per step with the time since the start."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

Log = Callable[[str], None]
"""What every function that takes a while accepts: called with one finished sentence or fact."""


class Progress:
    """Writes ``[  12.3s] message`` lines; an instance is a `Log`.

    Goes to standard error, so that a command's standard output stays its result.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._start = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since this logger was made."""
        return time.monotonic() - self._start

    def __call__(self, message: str) -> None:
        """Print every line of `message` with the elapsed time, in one write."""
        stamp = f"[{self.elapsed:6.1f}s]"
        lines = message.splitlines() or [""]
        stream = self._stream or sys.stderr
        stream.write("".join(f"{stamp} {line}\n" for line in lines))
        stream.flush()


def quiet(message: str) -> None:
    """A `Log` that says nothing."""
