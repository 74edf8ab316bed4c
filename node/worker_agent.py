"""`python3 -m node.worker_agent`: a worker's comings and goings.

Coming: ready when the leader's master lists this worker as alive. Going: on a spot notice it works
on until what it holds needs the time that is left; on the group's wish alone it goes at once. The
worker is decommissioned (SIGPWR: Spark moves shuffle blocks away and executors end by themselves),
and the terminating hook is completed.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from lakehouse import ports
from lakehouse.boot import BootDocument, parse
from node import (
    handover,
    instance,
    journal,
    lifecycle,
    notices,
    paths,
    processes,
    serving,
    web,
    worker_state,
)
from node.aws import Account
from node.errors import MetadataError, NodeError
from node.instance import Instance
from node.metadata import Metadata
from node.notices import Departure
from node.shipping import shipped

LOG: Final = logging.getLogger("node.worker_agent")

READY_EVERY: Final = 0.5
NOTICE_EVERY: Final = 2.0
DRAIN_EVERY: Final = 1.0
_TELL_EVERY: Final = 10.0


def registered(master: dict[str, Any], host: str, port: int = ports.WORKER) -> bool:
    """Whether the master's `/json/` lists the worker at this address as alive."""
    return any(
        worker["host"] == host and worker["port"] == port and worker["state"] == "ALIVE"
        for worker in master["workers"]
    )


def _stored() -> int:
    return handover.stored(
        handover.local_directories(os.environ.get(handover.LOCAL_DIRECTORIES, ""))
    )


class WorkerAgent:
    """One `step` at a time, so that tests can walk it; everything outside is passed in."""

    def __init__(
        self,
        document: BootDocument,
        this: Instance,
        metadata: Metadata,
        autoscaling: Any,
        *,
        get_json: Callable[[str, int, str], Any] = web.get_json,
        find: Callable[[str], int | None] = processes.find,
        send: Callable[[int, signal.Signals], bool] = processes.send,
        await_shipped: Callable[[float], bool] = shipped.wait,
        stored: Callable[[], int] = _stored,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`autoscaling` is a client of the account."""
        self._document = document
        self._instance = this
        self._metadata = metadata
        self._autoscaling = autoscaling
        self._get_json = get_json
        self._find = find
        self._send = send
        self._await_shipped = await_shipped
        self._stored = stored
        self._clock = clock
        self._sleep = sleep
        self.ready = False
        self.drained = False
        self.released = False
        self._rebalance_told = False
        self._leaving: Departure | None = None
        self._draining = False

    def step(self) -> float:
        """Look once, act, and return the seconds until the next look."""
        leaving = self._departure()
        if leaving:
            if not self.drained and self._works_on(leaving):
                return NOTICE_EVERY
            if not self.drained:
                self._draining = True
                self.drain(leaving)
                # A spot machine may go without its group having said a word.
                self._send_last_lines()
            if not self.released and notices.leaving_group(self._metadata):
                self._complete(lifecycle.DRAIN_HOOK)
                self.released = True
            return NOTICE_EVERY
        if not self._rebalance_told and notices.rebalance_recommended(self._metadata):
            self._rebalance_told = True
            LOG.warning("rebalance recommended: this spot machine is at elevated risk; it stays")
        if not self.ready:
            self._look_for_registration()
        return NOTICE_EVERY if self.ready else READY_EVERY

    def state(self) -> worker_state.WorkerState:
        """What the leader is told."""
        leaving = self._leaving
        return worker_state.describe(
            self._instance.instance_id,
            ready=self.ready,
            at_risk=self._rebalance_told,
            reason=leaving.reason if leaving else "",
            deadline=leaving.deadline if leaving else None,
            draining=self._draining,
            drained=self.drained,
        )

    def _departure(self) -> Departure | None:
        """A notice is not taken back: one that was seen counts while nothing is answered, too."""
        try:
            return notices.departure(self._metadata, self._clock()) or self._leaving
        except MetadataError:
            if self._leaving is None:
                raise
            return self._leaving

    def _works_on(self, leaving: Departure) -> bool:
        """Whether one with notice need not hand over yet."""
        first = self._leaving is None
        self._leaving = leaving
        if leaving.reason != "spot" or not self.ready:
            return False
        left = leaving.deadline - self._clock()
        try:
            data = self._stored()
        except OSError as error:
            LOG.warning("what is to be handed over cannot be counted: %s", error)
            return False
        needed = handover.seconds(data)
        if first:
            LOG.warning(
                "spot interruption: %.0f s left, %.0f of them to hand over %d MiB",
                left,
                needed,
                data // 2**20,
            )
        # The group lets it go as soon as its replacement has registered, whose executor then
        # starts and compiles: until it works as this one does, both do.
        if first and left > needed:
            LOG.info("working on for %.0f s, while a replacement comes", left - needed)
        return left > needed

    def _look_for_registration(self) -> None:
        try:
            master = self._get_json(self._document.leader_host, ports.MASTER_UI, "/json/")
        except web.WebError:
            # The leader may still be starting; the worker's own unit tells what it waits for.
            return
        if not registered(master, self._instance.private_ip):
            return
        LOG.info("registered with %s", self._document.leader_host)
        if self._document.lifecycle_hook:
            self._complete(self._document.lifecycle_hook)
        self.ready = True

    def drain(self, leaving: Departure) -> None:
        """Decommission and wait until executors are gone, or until the deadline."""
        started = self._clock()
        LOG.warning(
            "%s: draining, %.0f s left",
            "spot interruption" if leaving.reason == "spot" else "leaving the group",
            leaving.deadline - started,
        )
        pid = self._find(processes.WORKER)
        if pid is None or not self._send(pid, signal.SIGPWR):
            LOG.warning("no Spark worker runs here: nothing to drain")
            self.drained = True
            return
        told = started
        while True:
            left = self._executors()
            now = self._clock()
            if left == 0:
                LOG.info("drained in %.1f s: no executor left", now - started)
                break
            if now >= leaving.deadline:
                LOG.error("not drained in %.1f s: %s executors left", now - started, left)
                break
            if now - told >= _TELL_EVERY:
                told = now
                LOG.info("draining: %s executors left", left)
            self._sleep(DRAIN_EVERY)
        self.drained = True

    def _send_last_lines(self) -> None:
        """Leave no line behind: after the hook the machine may be gone within a second."""
        if not self._document.log_group:
            return
        now = self._clock()
        LOG.info("leaving once this line was sent")
        if not self._await_shipped(now):
            LOG.warning("leaving, although the last lines could not be sent in time")

    def _executors(self) -> int | None:
        """Executors on this worker; None while it does not tell."""
        try:
            worker = self._get_json(self._instance.private_ip, ports.WORKER_UI, "/json/")
        except web.WebError as error:
            if self._find(processes.WORKER) is None:
                return 0
            LOG.warning("worker does not tell its executors: %s", error)
            return None
        return len(worker["executors"])

    def _complete(self, hook: str) -> None:
        lifecycle.complete(self._autoscaling, hook=hook, instance=self._instance)


def main() -> int:
    """Step until stopped; a failed step is told and tried again."""
    journal.configure()
    document = parse(paths.BOOT_DOCUMENT.read_text(encoding="utf-8"))
    account = Account(region=document.region, endpoint_url=document.aws_endpoint_url)
    this = instance.load(paths.INSTANCE)
    agent = WorkerAgent(document, this, Metadata(), account.client("autoscaling"))
    serving.serve(this.private_ip, ports.WORKER_STATE, "/", lambda: (200, agent.state().to_json()))
    said = ""
    while True:
        try:
            pause = agent.step()
        except NodeError as error:
            if str(error) != said:
                said = str(error)
                LOG.warning("%s; trying on", error)
            pause = NOTICE_EVERY
        time.sleep(pause)


if __name__ == "__main__":
    sys.exit(main())
