"""Reading the journal from a cursor on, and waiting for more.

`journalctl` is the reader: it follows, survives rotation and needs no package. Nothing is read
while nothing can be sent, so an outage of the account fills the pipe and no memory.
"""

from __future__ import annotations

import os
import selectors
import subprocess
from collections.abc import Iterable
from typing import Final

from node.errors import NodeError
from node.shipping.entries import FIELDS, Entry, parse

_CHUNK: Final = 256 * 1024

LONGEST_LINE: Final = 2 * 1024 * 1024
"""A longer entry is skipped: whatever wrote it is no log."""


def command(cursor: str, units: Iterable[str]) -> list[str]:
    """What follows the journal."""
    return [
        "journalctl",
        "--follow",
        "--no-tail",
        # Without it, following means this boot: what the one before could not send would be lost.
        "--merge",
        "--all",
        "--output=json",
        f"--output-fields={','.join(FIELDS)}",
        *([f"--after-cursor={cursor}"] if cursor else []),
        *(f"--unit={unit}.service" for unit in units),
    ]


class Journal:
    """A running reader."""

    def __init__(self, arguments: list[str]) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0
        )
        assert self._process.stdout is not None
        self._pipe = self._process.stdout.fileno()
        os.set_blocking(self._pipe, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pipe, selectors.EVENT_READ)
        self._rest = b""
        self._skipping = False

    def read(self, seconds: float) -> list[Entry]:
        """Entries that are there now, after waiting up to `seconds` for a first one.

        Raises:
            NodeError: the reader ended.
        """
        if not self._selector.select(seconds):
            return []
        chunk = os.read(self._pipe, _CHUNK)
        if not chunk:
            msg = f"journalctl ended with {self._process.wait(timeout=5)}"
            raise NodeError(msg)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if lines and self._skipping:
            del lines[0]
            self._skipping = False
        if len(self._rest) > LONGEST_LINE:
            self._rest, self._skipping = b"", True
        return [entry for entry in map(parse, lines) if entry]

    def close(self) -> None:
        """End the reader."""
        self._selector.close()
        self._process.terminate()
        self._process.wait(timeout=5)
        assert self._process.stdout is not None
        self._process.stdout.close()
