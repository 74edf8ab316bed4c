"""The endpoint from the outside: the node status behind the gateway, over TLS, with a token."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lakehouse.outputs import EndpointOutputs
from lakehouse.ports import STATUS_PATH

DEADLINE: Final = 5.0
LARGEST: Final = 1_000_000
"""Bytes of an answer that are read: a status is a few kilobytes."""


@dataclass(frozen=True, kw_only=True)
class NodeStatus:
    """What the leader says of itself, or why it does not."""

    seconds: float
    problem: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)


def node_status(endpoint: EndpointOutputs, token: str) -> NodeStatus:
    """Ask the gateway. A refusal or silence is an answer too, so nothing is raised for it."""
    start = time.monotonic()

    def taken() -> float:
        return time.monotonic() - start

    context = ssl.create_default_context(cadata=endpoint.ca_certificate)
    connection = http.client.HTTPSConnection(
        endpoint.host, endpoint.port, timeout=DEADLINE, context=context
    )
    try:
        connection.request("GET", STATUS_PATH, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        body = answer.read(LARGEST)
    except (OSError, http.client.HTTPException) as error:
        return NodeStatus(seconds=taken(), problem=f"{type(error).__name__}: {error}")
    finally:
        connection.close()
    if answer.status != http.client.OK:
        return NodeStatus(seconds=taken(), problem=f"HTTP {answer.status} {answer.reason}")
    try:
        document = json.loads(body)
    except ValueError as error:
        return NodeStatus(seconds=taken(), problem=f"status is not JSON: {error}")
    if not isinstance(document, dict):
        return NodeStatus(seconds=taken(), problem="status is not a JSON object")
    return NodeStatus(seconds=taken(), document=document)
