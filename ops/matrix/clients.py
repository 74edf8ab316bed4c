"""An environment for every client: its constraints file, installed once."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lakehouse.errors import PreflightError
from lakehouse.versions import load_set
from ops.connect import CONSTRAINTS
from toolchain.cache import cache_dir, cached, content_key
from toolchain.process import run
from toolchain.progress import Log

_DEADLINE_SECONDS: Final = 1800.0
_MAKER: Final = "uv venv, pip install -r"
"""Part of the key: another way of making one makes another one."""


def client_python(version_set: str, log: Log) -> Path:
    """The Python of an environment that holds a set's client packages and nothing else.

    Raises:
        PreflightError: `make setup` never ran here.
        ToolError: a package could not be installed.
    """
    versions = load_set(version_set)
    constraints = CONSTRAINTS / f"spark-{versions.spark}.txt"
    uv = cache_dir() / "bin" / "uv"
    if not uv.exists():
        msg = f"{uv} is missing: `make setup` brings it"
        raise PreflightError(msg)
    python = versions.versions["python"]
    key = content_key(_MAKER, python, constraints.read_text(encoding="utf-8"))

    def make(folder: Path) -> None:
        commands: tuple[list[str | Path], ...] = (
            [uv, "venv", "--quiet", "--python", python, "--allow-existing", folder],
            [uv, "pip", "install", "--quiet", "--python", folder, "--requirement", constraints],
        )
        for command in commands:
            what = f"client {version_set}: uv {command[1]}"
            run(command, what=what, log=log, deadline=_DEADLINE_SECONDS)

    return cached(f"client-{version_set}", key, make, log) / "bin" / "python"
