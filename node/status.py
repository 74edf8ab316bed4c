"""The node status: JSON on the leader, published by the gateway at `ports.STATUS_PATH`.

Schema 1. What could not be asked is null and listed in `problems`; it is never guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from lakehouse import ports
from lakehouse.boot import BootDocument
from node import paths, web
from node.autoscale import record
from node.fleet.record import read_states
from node.instance import Instance
from node.probe_result import ProbeResult

SCHEMA: Final = 1

_SESSIONS: Final = re.compile(r"(\d+)\s+session\(s\)\s+are\s+online,\s+running\s+(\d+)\s+Request")
"""The Connect page of the driver UI; there is no API for it in 3.5."""


def workers(master: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Workers as the master's `/json/` tells them, those long gone left out."""
    return [
        {
            "id": worker["id"],
            "host": worker["host"],
            "port": worker["port"],
            "state": worker["state"],
            "cores": worker["cores"],
            "cores_used": worker["coresused"],
            "memory_mib": worker["memory"],
            "memory_used_mib": worker["memoryused"],
            "last_heartbeat": worker["lastheartbeat"] / 1000,
        }
        for worker in master["workers"]
        if worker["state"] != "DEAD"
    ]


def application(master: Mapping[str, Any]) -> dict[str, Any] | None:
    """The Connect server's application; the newest if there are several."""
    active = sorted(master["activeapps"], key=lambda app: app.get("starttime", 0))
    if not active:
        return None
    app = active[-1]
    return {
        "id": app["id"],
        "name": app["name"],
        "state": app["state"],
        "cores": app["cores"],
        "executor_memory_mib": app.get("memoryperexecutor", app.get("memoryperslave")),
        "seconds": round(app["duration"] / 1000),
    }


def sessions(page: str) -> tuple[int, int] | None:
    """Open sessions and running operations from the driver UI's Connect page."""
    found = _SESSIONS.search(re.sub(r"<[^>]*>", " ", page))
    return (int(found[1]), int(found[2])) if found else None


def collect(
    document: BootDocument,
    instance: Instance,
    probe: ProbeResult,
    *,
    version: Mapping[str, Any],
    now: float,
    uptime: float,
) -> dict[str, Any]:
    """Ask master and driver, and put everything together."""
    problems: list[str] = []
    try:
        master = web.get_json(instance.private_ip, ports.MASTER_UI, "/json/")
        fleet, app = workers(master), application(master)
    except (web.WebError, KeyError, TypeError) as error:
        fleet, app = None, None
        problems.append(f"master: {error}")
    try:
        counted = sessions(web.get("127.0.0.1", ports.DRIVER_UI, "/connect/"))
    except web.WebError as error:
        counted = None
        problems.append(f"driver: {error}")
    healthy = probe.healthy(now)
    if not healthy:
        problems.append(f"probe: {probe.error or 'no query has succeeded yet'}")
    return {
        "schema": SCHEMA,
        "project": document.project,
        "stack": document.stack,
        "generation": document.generation,
        "role": document.role,
        "instance_id": instance.instance_id,
        "private_ip": instance.private_ip,
        "time": now,
        "uptime_seconds": round(uptime),
        "healthy": healthy,
        "version": dict(version),
        "probe": asdict(probe),
        "workers": fleet,
        "workers_alive": None
        if fleet is None
        else sum(worker["state"] == "ALIVE" for worker in fleet),
        "application": app,
        "sessions": counted[0] if counted else None,
        "operations": counted[1] if counted else None,
        "autoscaler": record.status(paths.AUTOSCALER_STATE),
        "fleet": read_states(paths.WORKER_STATES),
        "catalogs": [catalog.name for catalog in document.catalogs],
        "problems": problems,
    }


def read_version(path: Path) -> dict[str, Any]:
    """What the image says it is; empty when it does not."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return raw if isinstance(raw, dict) else {}


def read_uptime(path: Path = Path("/proc/uptime")) -> float:
    """Seconds since the kernel started: of a container machine, that is its host's."""
    return float(path.read_text(encoding="ascii").split()[0])
