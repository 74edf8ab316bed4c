"""The workers' states as files: for the autoscaler, and for the status."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

SCHEMA: Final = 1


def write(path: Path, document: Any) -> None:
    """Whole or not at all: readers look at any time."""
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(document, sort_keys=True) + "\n", encoding="utf-8")
    temporary.chmod(0o644)
    os.replace(temporary, path)  # noqa: PTH105  the same as every agent's writing


def read_states(path: Path) -> dict[str, Any] | None:
    """What the node status shows; None where nobody writes it."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return raw if isinstance(raw, dict) and raw.get("schema") == SCHEMA else None
