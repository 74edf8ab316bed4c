"""Tools that the machine already has, if their version will do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from toolchain.cache import cache_dir
from toolchain.process import ask
from toolchain.progress import Log
from toolchain.versions import Version, accepts, parse


def candidates(program: str) -> Iterator[Path]:
    """Every executable called `program` on PATH, in order, except those of our own cache."""
    ours = cache_dir()
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = Path(folder or ".").absolute() / program
        if path.is_relative_to(ours):
            continue
        if path.is_file() and os.access(path, os.X_OK):
            yield path


def version_of(program: Path, arguments: Sequence[str]) -> Version | None:
    """What `program` says its version is; none if it says nothing understandable."""
    quiet = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "CHECKPOINT_DISABLE": "1"}
    answer = ask([program, *arguments], {**quiet, "GOTOOLCHAIN": "local"})
    return None if answer is None else parse(answer)


def find(program: str, arguments: Sequence[str], minimum: str | Version, log: Log) -> Path | None:
    """The first installed `program` of an accepted version; says why others are passed over."""
    for path in candidates(program):
        found = version_of(path, arguments)
        if accepts(minimum, found):
            return path
        floor = minimum if isinstance(minimum, str) else dotted(minimum)
        shown = "of unknown version" if found is None else dotted(found)
        log(f"{program}: {path} is {shown}, not {floor} or newer of the same major; passed over")
    return None


def dotted(version: Version) -> str:
    """``(1, 2, 3)`` as ``1.2.3``."""
    return ".".join(map(str, version))
