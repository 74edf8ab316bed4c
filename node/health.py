"""`python3 -m node.health`, on the leader: what others may know of it, and what it does about it.

Serves `/healthz` to the load balancer and the status to the gateway, completes the launching
hook at the first answered query, and ends a Connect server whose SparkContext is dead.
"""

from __future__ import annotations

import logging
import socket
import sys
import time
from collections.abc import Callable
from typing import Final

from lakehouse import ports
from lakehouse.boot import BootDocument, parse
from node import instance, journal, lifecycle, paths, probe_result, processes, status
from node.aws import Account
from node.errors import NodeError
from node.serving import Answer, serve
from node.watchdog import Watchdog

LOG: Final = logging.getLogger("node.health")

STEP: Final = 0.5
WATCHDOG_EVERY: Final = 2.5
HOOK_RETRY: Final = 5.0


def healthz(now: float) -> Answer:
    """200 after a recent answered query, else 503. Tells ages only: anybody may read it."""
    result = probe_result.read(paths.PROBE)
    healthy = result.healthy(now)
    age = round(now - result.last_success, 1) if result.last_success else None
    return (200 if healthy else 503), {"healthy": healthy, "last_success_seconds": age}


class Readiness:
    """Completes the launching hook once; keeps trying while the account does not answer."""

    def __init__(
        self,
        complete: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`complete` raises NodeError when it should be called again."""
        self._complete = complete
        self._clock = clock
        self._again_at = 0.0
        self.done = False

    def step(self, *, ready: bool) -> None:
        """Act on the first `ready`, and again after a failure."""
        if self.done or not ready or self._clock() < self._again_at:
            return
        try:
            self._complete()
        except NodeError as error:
            LOG.warning("%s; again in %.0f s", error, HOOK_RETRY)
            self._again_at = self._clock() + HOOK_RETRY
        else:
            self.done = True


def port_open(port: int) -> bool:
    """Whether something listens on loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def completion(document: BootDocument, this: instance.Instance) -> Callable[[], object]:
    """How to tell the group that the machine is ready."""
    if not document.lifecycle_hook:
        return lambda: None
    account = Account(region=document.region, endpoint_url=document.aws_endpoint_url)
    client = account.client("autoscaling")
    return lambda: lifecycle.complete(client, hook=document.lifecycle_hook, instance=this)


def main() -> int:
    """Serve and watch until stopped."""
    journal.configure()
    document = parse(paths.BOOT_DOCUMENT.read_text(encoding="utf-8"))
    this = instance.load(paths.INSTANCE)
    version = status.read_version(paths.VERSION)

    def node_status() -> Answer:
        now = time.time()
        probe = probe_result.read(paths.PROBE)
        return 200, status.collect(
            document, this, probe, version=version, now=now, uptime=status.read_uptime()
        )

    # Every interface: the load balancer's checks come from the network. nftables and the
    # security group say from where.
    serve("0.0.0.0", ports.HEALTH, "/healthz", lambda: healthz(time.time()))  # noqa: S104
    serve("127.0.0.1", ports.NODE_STATUS, "/", node_status)

    watchdog = Watchdog(
        ui_open=lambda: port_open(ports.DRIVER_UI),
        find=lambda: processes.find(processes.CONNECT),
        send=processes.send,
        clock=time.monotonic,
    )
    readiness = Readiness(completion(document, this))
    watched = 0.0
    while True:
        readiness.step(ready=probe_result.read(paths.PROBE).healthy(time.time()))
        if time.monotonic() - watched >= WATCHDOG_EVERY:
            watched = time.monotonic()
            watchdog.step()
        time.sleep(STEP)


if __name__ == "__main__":
    sys.exit(main())
