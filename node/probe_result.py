"""What the probe writes and health reads: the proof that the endpoint answers queries."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

USER: Final = "_probe"
"""Whom the probe's queries are from: a name that no user of the endpoint can have."""

FRESH_SECONDS: Final = 30.0
"""A success older than this proves nothing about now."""


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """Times are seconds since the epoch."""

    time: float = 0.0
    """Last attempt that ended."""
    last_success: float = 0.0
    latency_seconds: float | None = None
    error: str = ""
    """Empty when the last attempt succeeded."""
    spark_version: str = ""
    distributed_time: float = 0.0
    distributed_success: float = 0.0
    """Last time that executors answered too; 0 before the first."""
    distributed_latency_seconds: float | None = None
    distributed_error: str = ""

    def healthy(self, now: float) -> bool:
        """Whether a query answered recently enough."""
        return 0 <= now - self.last_success <= FRESH_SECONDS


def write(path: Path, result: ProbeResult) -> None:
    """Replace the file in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(asdict(result), sort_keys=True), encoding="utf-8")
    temporary.replace(path)


def read(path: Path) -> ProbeResult:
    """The last result; an empty one before the first, or when the file is not one."""
    try:
        return ProbeResult(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return ProbeResult()
