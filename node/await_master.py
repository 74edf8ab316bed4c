"""`python3 -m node.await_master`: returns once the leader's master takes connections.

A Spark worker started before its master tries again only after some ten seconds; looking four
times a second is cheaper. Ends with 0 also at the deadline: Spark's own retries go on from there.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
from collections.abc import Callable
from typing import Final

from lakehouse import ports
from node import journal

LOG: Final = logging.getLogger("node.await_master")
DEADLINE: Final = 600.0
_PAUSE: Final = 0.25
_TELL_EVERY: Final = 15.0


def wait(
    host: str,
    port: int,
    *,
    deadline: float = DEADLINE,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """True when a connection was taken, False at the deadline; tells now and then what it saw."""
    started = clock()
    told = started
    while True:
        try:
            socket.create_connection((host, port), timeout=2).close()
        except OSError as error:
            now = clock()
            if now - started >= deadline:
                LOG.warning("no master at %s:%d in %.0f s: %s", host, port, deadline, error)
                return False
            if now - told >= _TELL_EVERY:
                told = now
                LOG.info("waiting for the master at %s:%d: %s", host, port, error)
            sleep(_PAUSE)
        else:
            LOG.info("master at %s:%d after %.1f s", host, port, clock() - started)
            return True


def main() -> int:
    """Wait for the leader that the environment file names."""
    journal.configure()
    wait(os.environ["MILLRACE_LEADER_HOST"], ports.MASTER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
