"""Linux network namespaces: work as if inside the VPC of a local cloud.

On AWS an operator reaches the VPC by a route of their own and nothing here is used.
Namespaces belong to threads, so entering one touches only the thread that does it; sockets
stay in the namespace where they were opened.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lakehouse.errors import PreflightError

DIRECTORY: Final = Path("/run/netns")
_CLONE_NEWNET: Final = 0x40000000
_THREAD_NAMESPACE: Final = "/proc/thread-self/ns/net"


@contextmanager
def inside(name: str) -> Iterator[None]:
    """Run the block in the network namespace of that name; an empty name changes nothing.

    Raises:
        PreflightError: there is no such namespace, or this user may not enter it.
    """
    if not name:
        yield
        return
    home = os.open(_THREAD_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(name)
        try:
            yield
        finally:
            _set(home)
    finally:
        os.close(home)


def _enter(name: str) -> None:
    try:
        target = os.open(DIRECTORY / name, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        msg = f"there is no network namespace {name!r}: the local cloud is not up (`make up`)"
        raise PreflightError(msg) from error
    try:
        _set(target)
    except PermissionError as error:
        msg = f"entering network namespace {name!r} needs root: run this command with sudo"
        raise PreflightError(msg) from error
    finally:
        os.close(target)


def _set(descriptor: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(descriptor, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
