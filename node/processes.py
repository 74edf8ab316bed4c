"""Finding and signalling a JVM of ours.

By command line in /proc, not through systemd: these agents are no root, and the signals they
send are allowed between processes of one user.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"
WORKER = "org.apache.spark.deploy.worker.Worker"
_LAUNCHER = "org.apache.spark.launcher.Main"


def find(main_class: str, proc: Path = Path("/proc")) -> int | None:
    """Process id of our user's JVM that runs `main_class`; not its shell, not Spark's launcher."""
    for directory in proc.iterdir():
        if not directory.name.isdigit():
            continue
        try:
            if directory.stat().st_uid != os.getuid():
                continue
            words = (directory / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            # Ended between the listing and the read.
            continue
        if Path(words[0]).name == "java" and main_class in words and _LAUNCHER not in words:
            return int(directory.name)
    return None


def send(pid: int, number: signal.Signals) -> bool:
    """Signal a process; False when it has ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
