"""The cache outside the checkout: results named by the hash of what they were made from.

A kill at any moment leaves whole results and leftovers that the next run removes, because a
result appears under its name only by a rename. Two processes that want one result wait for one
another on a lock file.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lakehouse.errors import DeadlineError
from toolchain.progress import Log

LOCK_DEADLINE_SECONDS: Final = 1800.0
"""Longer than the slowest build on two slow cores, so that waiting for one can succeed."""

_LOCK_POLL_SECONDS: Final = 0.2
_LOCK_REPORT_SECONDS: Final = 15.0


def cache_dir() -> Path:
    """`$MILLRACE_CACHE`, or ``~/.cache/millrace``. Absolute; not created."""
    configured = os.environ.get("MILLRACE_CACHE")
    return Path(configured or "~/.cache/millrace").expanduser().absolute()


def content_key(*parts: str | bytes) -> str:
    """A short name for exactly these inputs in this order."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:16]


@contextmanager
def locked(name: str, log: Log, deadline: float = LOCK_DEADLINE_SECONDS) -> Iterator[None]:
    """Hold the lock called `name` against other processes and threads."""
    path = cache_dir() / "locks" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        _take(handle.fileno(), path, name, log, deadline)
        yield


def _take(descriptor: int, path: Path, name: str, log: Log, deadline: float) -> None:
    start = time.monotonic()
    report_at = 0.0
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = time.monotonic() - start
            if waited > deadline:
                msg = (
                    f"{path} was still held by another process after {waited:.0f} s; "
                    f"end that process (`fuser {path}` names it) and try again"
                )
                raise DeadlineError(msg) from None
            if waited >= report_at:
                log(f"{name}: waiting for another process that is making it")
                report_at += _LOCK_REPORT_SECONDS
            time.sleep(_LOCK_POLL_SECONDS)
        else:
            return


def entry(name: str, key: str) -> Path:
    """Where the result `name` made from the inputs behind `key` is, or will be."""
    return cache_dir() / "tools" / f"{name}-{key}"


def cached(name: str, key: str, make: Callable[[Path], None], log: Log) -> Path:
    """The directory of the result, calling `make` with an empty directory if it is not there."""
    final = entry(name, key)
    if final.is_dir():
        return final
    with locked(name, log):
        if final.is_dir():
            return final
        final.parent.mkdir(parents=True, exist_ok=True)
        for leftover in final.parent.glob(f".{final.name}.*.partial"):
            shutil.rmtree(leftover)
        partial = final.with_name(f".{final.name}.{os.getpid()}.partial")
        partial.mkdir()
        make(partial)
        partial.rename(final)
    return final
