"""Asking the master for its workers, the workers for their notices, and the master for one less."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import quote

from lakehouse import ports
from node import web

GetJson = Callable[[str, int, str], Any]

AT_ONCE: Final = 16


def listed(leader: str, get_json: GetJson = web.get_json) -> tuple[list[str], list[str]]:
    """Workers that take work, and all whose machines may still be there.

    Raises:
        WebError: the master does not answer.
    """
    master = get_json(leader, ports.MASTER_UI, "/json/")
    return _addresses(master, ("ALIVE",)), _addresses(master, ("ALIVE", "DECOMMISSIONED"))


def _addresses(master: Any, states: tuple[str, ...]) -> list[str]:
    try:
        return [str(each["host"]) for each in master["workers"] if each["state"] in states]
    except (KeyError, TypeError) as error:
        msg = f"the master's answer has another form: {error!r}"
        raise web.WebError(msg) from error


def answers(addresses: Iterable[str], get_json: GetJson = web.get_json) -> dict[str, Any]:
    """What workers say of themselves; one that says nothing is left out."""

    def one(address: str) -> Any:
        try:
            answer = get_json(address, ports.WORKER_STATE, "/")
        except web.WebError:
            # Gone, or its agent is: the master and EventBridge tell which.
            return None
        return answer if isinstance(answer, dict) and "instance_id" in answer else None

    wanted = list(dict.fromkeys(addresses))
    if not wanted:
        return {}
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(wanted))) as pool:
        said = list(pool.map(one, wanted))
    return {address: each for address, each in zip(wanted, said, strict=True) if each}


def decommission(leader: str, address: str, *, timeout: float = 5.0) -> None:
    """Let the master tell a worker to take no new work and to hand over its shuffle files.

    The master does it for callers on its own machine only (`spark.master.ui.decommission.
    allow.mode`), and answers 200 also where no such worker is.

    Raises:
        WebError: it did not answer, or refused.
    """
    path = f"/workers/kill/?host={quote(address)}"
    connection = HTTPConnection(leader, ports.MASTER_UI, timeout=timeout)
    try:
        connection.request("POST", path, headers={"Content-Length": "0"})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        msg = f"POST http://{leader}:{ports.MASTER_UI}{path}: {error}"
        raise web.WebError(msg) from error
    finally:
        connection.close()
    if status != 200:
        msg = f"POST http://{leader}:{ports.MASTER_UI}{path}: status {status}"
        raise web.WebError(msg)
