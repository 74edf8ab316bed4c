"""`python3 -m node.autoscale`, on the leader: looks, decides, acts, tells; every few seconds."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from lakehouse.boot import BootDocument, parse
from node import instance, journal, paths, web
from node.autoscale import spark
from node.autoscale.decide import decide
from node.autoscale.group import WorkerGroup, workers
from node.autoscale.model import Decision, Memory, Observation
from node.autoscale.record import Record
from node.aws import Account
from node.errors import NodeError
from node.fleet import ask

LOG: Final = logging.getLogger("node.autoscale")

EVERY: Final = 5.0


class Autoscaler:
    """One `step` at a time, so that tests can walk it; everything outside is passed in."""

    def __init__(
        self,
        document: BootDocument,
        leader: str,
        group: WorkerGroup,
        record: Record,
        *,
        get_json: spark.GetJson = web.get_json,
        at_risk: Callable[[], Mapping[str, str]] = dict,
        cordon: Callable[[str, str], None] = ask.decommission,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`leader` is this machine's address, where the master answers."""
        self._document = document
        self._leader = leader
        self._group = group
        self._record = record
        self._get_json = get_json
        self._at_risk = at_risk
        self._cordon = cordon
        self._clock = clock
        self._idle = spark.IdleClock()
        self._memory: Memory = record.memory

    def step(self) -> Decision:
        """Look once and do what follows from it.

        Raises:
            NodeError: the account did not answer or refused.
        """
        group, machines = self._group.read()
        work = spark.read(self._leader, self._get_json)
        now = self._clock()
        idle = self._idle.look(work.hosts, now)
        seen = Observation(
            now=now,
            group=group,
            workers=workers(machines, work, idle, self._at_risk()),
            backlog=work.backlog,
        )
        decision, memory = decide(seen, self._document.autoscale, self._memory)
        addresses = {each.instance_id: each.address for each in machines}
        spared: tuple[str, ...] = ()
        problem = work.problem
        try:
            for name in decision.cordon:
                self._cordon(self._leader, addresses[name])
            if decision.changes(group):
                spared = self._group.act(
                    decision, group, lambda name: self._still_idle(addresses[name], work)
                )
            self._memory = memory
        except NodeError as error:
            problem = str(error)
            raise
        finally:
            self._record.write(seen, decision, self._memory, spared=spared, problem=problem)
        return decision

    def _still_idle(self, address: str, before: spark.Work) -> bool:
        """Asked again right before the end: a query may have come since the look."""
        now = spark.read(self._leader, self._get_json)
        host, seen = now.hosts.get(address), before.hosts.get(address)
        if now.backlog is None or host is None or seen is None:
            return False
        return host.running == 0 and host.begun == seen.begun


def at_risk(path: Path = paths.AT_RISK) -> Mapping[str, str]:
    """Machines that spot recommended to leave or takes back, with which of these it is
    (`node.fleet.states.Risk`), as whoever hears of them wrote them down.
    """
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        LOG.warning("%s does not tell machines at risk: %s", path, error)
        return {}
    return {str(name): str(risk) for name, risk in raw.items()} if isinstance(raw, dict) else {}


def main() -> int:
    """Step until stopped; a failed step is told and tried again."""
    journal.configure()
    document = parse(paths.BOOT_DOCUMENT.read_text(encoding="utf-8"))
    account = Account(region=document.region, endpoint_url=document.aws_endpoint_url)
    autoscaler = Autoscaler(
        document,
        instance.load(paths.INSTANCE).private_ip,
        WorkerGroup(document, account.client("autoscaling"), account.client("ec2")),
        Record(paths.AUTOSCALER_STATE),
        at_risk=at_risk,
    )
    said = ""
    while True:
        try:
            autoscaler.step()
            said = ""
        except NodeError as error:
            if str(error) != said:
                said = str(error)
                LOG.warning("%s; trying on", error)
        time.sleep(EVERY)


if __name__ == "__main__":
    sys.exit(main())
