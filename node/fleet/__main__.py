"""`python3 -m node.fleet`, on the leader: keeps the workers' states, and acts where none did.

A worker drains itself on a notice. Where only the queue told of one and the worker goes on as
ever (its agent is dead, its metadata service silent), the master tells it to leave.
"""

from __future__ import annotations

import logging
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from lakehouse.boot import parse
from node import instance, journal, paths, web
from node.aws import Account
from node.errors import NodeError
from node.fleet import ask, record
from node.fleet.events import Event
from node.fleet.queue import NoticeQueue
from node.fleet.states import Fleet

LOG: Final = logging.getLogger("node.fleet")

EVERY: Final = 2.0
RETRY: Final = 5.0

PATIENCE: Final = 6.0
"""Seconds for a worker to act on its own notice before the leader does: three of its looks."""


class Watch:
    """One `step` at a time, so that tests can walk it; everything outside is passed in."""

    def __init__(
        self,
        leader: str,
        directory: Path,
        *,
        get_json: ask.GetJson = web.get_json,
        decommission: Callable[[str, str], None] = ask.decommission,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`leader` is this machine's address; the files are written into `directory`."""
        self._leader = leader
        self._directory = directory
        self._get_json = get_json
        self._decommission = decommission
        self._clock = clock
        self._said: dict[str, str] = {}
        self._helped: set[str] = set()
        self.fleet = Fleet()
        self.queue_problem = ""
        self.heard_at: float | None = None

    def step(self, events: list[Event]) -> None:
        """Take in what came, ask everybody, act where nobody did, and write it down.

        Raises:
            NodeError: the master does not answer; what EventBridge said is kept all the same.
        """
        now = self._clock()
        if events:
            self.heard_at = now
            self.fleet.hear(events, now)
            for event in events:
                LOG.info("heard of %s: %s %s", event.instance_id, event.kind, event.message)
        try:
            alive, there = ask.listed(self._leader, self._get_json)
            known = [each.address for each in self.fleet.workers.values() if each.state != "gone"]
            said = ask.answers([*there, *filter(None, known)], self._get_json)
            self.fleet.see(said, alive, self._clock())
            self._help()
        finally:
            self._tell()
            self._write()

    def _help(self) -> None:
        for worker in self.fleet.unheeded(self._clock(), PATIENCE):
            if worker.instance_id in self._helped:
                continue
            self._helped.add(worker.instance_id)
            LOG.warning(
                "%s had notice and its agent does nothing: decommissioned from here",
                worker.instance_id,
            )
            self._decommission(self._leader, worker.address)

    def _tell(self) -> None:
        for name, worker in self.fleet.workers.items():
            if self._said.get(name) != worker.state:
                self._said[name] = worker.state
                reason = f" ({worker.reason})" if worker.reason else ""
                LOG.info("%s is %s%s", name, worker.state, reason)
        for name in set(self._said) - set(self.fleet.workers):
            del self._said[name]

    def _write(self) -> None:
        record.write(self._directory / paths.AT_RISK.name, self.fleet.at_risk())
        record.write(
            self._directory / paths.WORKER_STATES.name,
            {
                "schema": record.SCHEMA,
                "time": self._clock(),
                "queue": {"problem": self.queue_problem, "heard_at": self.heard_at},
                "workers": [each.to_mapping() for each in self.fleet.workers.values()],
            },
        )


def listen(source: NoticeQueue, watch: Watch, into: queue.Queue[Event]) -> None:
    """Take messages for ever; what goes wrong is told once and tried again."""
    while True:
        try:
            for event in source.take():
                into.put(event)
            watch.queue_problem = ""
        except NodeError as error:
            if str(error) != watch.queue_problem:
                watch.queue_problem = str(error)
                LOG.warning("%s; trying on", error)
            time.sleep(RETRY)


def main() -> int:
    """Step until stopped; a failed step is told and tried again."""
    journal.configure()
    document = parse(paths.BOOT_DOCUMENT.read_text(encoding="utf-8"))
    watch = Watch(instance.load(paths.INSTANCE).private_ip, paths.WORKER_STATES.parent)
    arrived: queue.Queue[Event] = queue.Queue()
    if document.notices_queue:
        account = Account(region=document.region, endpoint_url=document.aws_endpoint_url)
        source = NoticeQueue(account.client("sqs"), document.notices_queue)
        threading.Thread(
            target=listen, args=(source, watch, arrived), name="queue", daemon=True
        ).start()
    said = ""
    while True:
        events = [arrived.get() for _ in range(arrived.qsize())]
        try:
            watch.step(events)
            said = ""
        except NodeError as error:
            if str(error) != said:
                said = str(error)
                LOG.warning("%s; trying on", error)
        time.sleep(EVERY)


if __name__ == "__main__":
    sys.exit(main())
