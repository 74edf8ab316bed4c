"""Asking HTTP servers of the machine and of its leader, with a deadline and without a proxy."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from typing import Any

from node.errors import NodeError


class WebError(NodeError):
    """No usable answer; names the address and what came instead."""


def get(host: str, port: int, path: str, *, timeout: float = 3.0) -> str:
    """The body of a 200 answer.

    Raises:
        WebError: no connection, no answer in time, another status.
    """
    connection = HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, HTTPException) as error:
        msg = f"http://{host}:{port}{path}: {error}"
        raise WebError(msg) from error
    finally:
        connection.close()
    if answer.status != 200:
        msg = f"http://{host}:{port}{path}: status {answer.status}"
        raise WebError(msg)
    return body.decode("utf-8", errors="replace")


def get_json(host: str, port: int, path: str, *, timeout: float = 3.0) -> Any:
    """The parsed body of a 200 answer.

    Raises:
        WebError: as `get`, or the body is not JSON.
    """
    body = get(host, port, path, timeout=timeout)
    try:
        return json.loads(body)
    except ValueError as error:
        msg = f"http://{host}:{port}{path}: not JSON: {error}"
        raise WebError(msg) from error
