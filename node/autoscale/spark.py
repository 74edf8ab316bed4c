"""What Spark says of its work: tasks that wait from the driver, workers from the master."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lakehouse import ports
from node import web

GetJson = Callable[[str, int, str], Any]


@dataclass(frozen=True, kw_only=True)
class Host:
    """A worker as Spark sees it."""

    cores: int = 0
    running: int = 0
    begun: int = 0
    """Tasks that ever began on it: tells of those between two looks."""
    cordoned: bool = False
    """Decommissioned: it takes no new task and offers no core."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """What there is to do, and where it is done."""

    backlog: int | None = None
    """None when the driver does not answer; `problem` says why."""
    hosts: Mapping[str, Host] = field(default_factory=dict)
    problem: str = ""


def read(leader: str, get_json: GetJson = web.get_json) -> Work:
    """Ask master and driver. A driver that is silent or starting leaves the backlog unknown."""
    try:
        master = get_json(leader, ports.MASTER_UI, "/json/")
        cores, cordoned = _cores(master, "ALIVE"), _cores(master, "DECOMMISSIONED")
        application = _application(get_json("127.0.0.1", ports.DRIVER_UI, "/api/v1/applications"))
        if application is None:
            return Work(problem="the driver has no application")
        base = f"/api/v1/applications/{application}"
        stages = get_json("127.0.0.1", ports.DRIVER_UI, f"{base}/stages?status=active")
        executors = get_json("127.0.0.1", ports.DRIVER_UI, f"{base}/executors")
        return Work(backlog=_backlog(stages), hosts=_hosts(cores, cordoned, executors))
    except web.WebError as error:
        return Work(problem=str(error))
    except (KeyError, TypeError, IndexError, ValueError) as error:
        return Work(problem=f"an answer of Spark has another form: {error!r}")


def _cores(master: Any, state: str) -> dict[str, int]:
    return {each["host"]: each["cores"] for each in master["workers"] if each["state"] == state}


def _application(found: Any) -> str | None:
    return str(found[0]["id"]) if found else None


def _backlog(stages: Any) -> int:
    """Tasks of begun stages that are neither running nor done."""
    return sum(
        max(0, each["numTasks"] - each["numActiveTasks"] - each["numCompleteTasks"])
        for each in stages
    )


def _hosts(
    cores: Mapping[str, int], cordoned: Mapping[str, int], executors: Any
) -> dict[str, Host]:
    running: dict[str, int] = {}
    begun: dict[str, int] = {}
    for each in executors:
        host = each["hostPort"].rpartition(":")[0]
        running[host] = running.get(host, 0) + each["activeTasks"]
        begun[host] = begun.get(host, 0) + each["totalTasks"]
    return {
        host: Host(
            cores=cores.get(host, 0),
            running=running.get(host, 0),
            begun=begun.get(host, 0),
            cordoned=host not in cores,
        )
        for host in {**cordoned, **cores}
    }


class IdleClock:
    """Since when a host has had nothing to do; a host seen first is idle from then on."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[float, int]] = {}

    def look(self, hosts: Mapping[str, Host], now: float) -> dict[str, float]:
        """Seconds of idleness of every host."""
        for gone in set(self._since) - set(hosts):
            del self._since[gone]
        for host, seen in hosts.items():
            _, begun = self._since.get(host, (now, -1))
            if seen.running or seen.begun != begun:
                self._since[host] = (now, seen.begun)
        return {host: now - since for host, (since, _) in self._since.items()}
