"""Has the tables' history judged, by a process that is inside the VPC as a whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.interruption import work
from lakehouse.errors import ToolError
from ops.context import CHECKOUT, OpsContext

JUDGE_SECONDS: Final = 1800.0


def histories(context: OpsContext, tables: Sequence[str]) -> list[dict[str, Any]]:
    """What `history` prints of each.

    Raises:
        ToolError: it could not read them.
    """
    with tempfile.TemporaryDirectory(prefix="lakehouse-history-") as folder:
        outputs = Path(folder) / "outputs.json"
        outputs.write_text(context.outputs.model_dump_json())
        command = [sys.executable, "-m", "benchmarks.interruption.history", str(outputs)]
        with context.inside():
            done = subprocess.run(
                [*command, work.NAMESPACE, *tables],
                cwd=CHECKOUT,
                env={**os.environ, **context.environment},
                capture_output=True,
                text=True,
                timeout=JUDGE_SECONDS,
                check=False,
            )
    if done.returncode:
        msg = f"the tables' history could not be read:\n{done.stderr[-2000:]}"
        raise ToolError(msg)
    return [json.loads(line) for line in done.stdout.splitlines()]
