"""Serve the emulated account: ``python -m local.account --host H --port P``."""

from __future__ import annotations

import argparse
import logging
import resource
import signal
import sys
import threading
from types import FrameType

from local.account import environment


def _allow_many_files() -> None:
    """Every stored object above the memory limit is an open file."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="local.account", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=4566, help="0 chooses a free one")
    parser.add_argument("--verbose", action="store_true", help="log every request")
    options = parser.parse_args()
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    environment.prepare()
    _allow_many_files()

    from local.account.server import Server, access

    access.setLevel(logging.DEBUG if options.verbose else logging.WARNING)
    server = Server(options.host, options.port)

    def stop(_: int, __: FrameType | None) -> None:
        # shutdown waits for the loop that this handler interrupts, so another thread asks.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    logging.getLogger(__name__).info("the account is at %s", server.url)
    server.serve()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
