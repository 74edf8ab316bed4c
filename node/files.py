"""Writing files so that nobody ever sees half of one, or one with the wrong owner."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pwd import getpwnam

from node.errors import LastingError

Owner = Callable[[str], tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class RenderedFile:
    """A file as it must be on disk."""

    path: Path
    text: str
    owner: str = "root"
    mode: int = 0o644


@dataclass(frozen=True, kw_only=True)
class RenderedDirectory:
    """A directory as it must be on disk."""

    path: Path
    owner: str = "root"
    mode: int = 0o755


def ids_of(user: str) -> tuple[int, int]:
    """User and primary group of a name.

    Raises:
        LastingError: the image has no such user.
    """
    try:
        entry = getpwnam(user)
    except KeyError as error:
        msg = f"user {user} does not exist on this machine; the image was baked without it"
        raise LastingError(msg) from error
    return entry.pw_uid, entry.pw_gid


def ensure_directory(directory: RenderedDirectory, owner: Owner = ids_of) -> None:
    """Make the directory, or correct its owner and mode."""
    directory.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(directory.path, *owner(directory.owner))
    directory.path.chmod(directory.mode)


def write(file: RenderedFile, owner: Owner = ids_of) -> None:
    """Put the file in place in one step, owned and closed before it has its name."""
    descriptor, name = tempfile.mkstemp(dir=file.path.parent, prefix=f".{file.path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            os.fchown(stream.fileno(), *owner(file.owner))
            os.fchmod(stream.fileno(), file.mode)
            stream.write(file.text)
        temporary.replace(file.path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
