"""Runs the smoke suite against a running stack: pytest gets the outputs and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ops.access import Access
from ops.context import CHECKOUT, OpsContext
from ops.hostkeys import known_hosts
from ops.machines import find_machines

SUITE: Final = "tests/smoke"


def run(context: OpsContext, access: Access, extra: Sequence[str] = ()) -> int:
    """Start pytest and return its exit code; its output is the report."""
    with tempfile.TemporaryDirectory(prefix="lakehouse-smoke-") as folder:
        outputs = Path(folder) / "outputs.json"
        outputs.write_text(context.outputs.model_dump_json(indent=2))
        hosts = Path(folder) / "known_hosts"
        with context.inside():
            machines = find_machines(context.account, context.outputs)
            hosts.write_text(known_hosts(access.host_keys, machines))
        command = [
            sys.executable,
            "-m",
            "pytest",
            SUITE,
            # Sockets of grpc and pyspark are closed by the collector, at its own pace.
            "-W",
            "default::pytest.PytestUnraisableExceptionWarning",
            # Not the shared /tmp/pytest-of-user, where other runs' leftovers fail this one.
            f"--basetemp={Path(folder) / 'pytest'}",
            f"--outputs={outputs}",
            f"--ssh-key={access.key}",
            f"--known-hosts={hosts}",
            *extra,
        ]
        return subprocess.run(
            command, cwd=CHECKOUT, env=_environment(os.environ, context), check=False
        ).returncode


def _environment(base: Mapping[str, str], context: OpsContext) -> dict[str, str]:
    return {**base, **context.environment}
