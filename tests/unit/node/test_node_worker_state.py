"""What a worker says of itself, and that it says it at the port the leader asks."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from lakehouse import ports
from node import serving
from node.render import firewall
from node.worker_state import describe


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({"ready": False, "at_risk": False}, "starting"),
        ({"ready": True, "at_risk": False}, "active"),
        ({"ready": True, "at_risk": True}, "at risk"),
        ({"ready": True, "at_risk": True, "reason": "spot"}, "leaving"),
        ({"ready": True, "at_risk": True, "reason": "spot", "draining": True}, "draining"),
        ({"ready": True, "at_risk": False, "reason": "group", "drained": True}, "drained"),
    ],
)
def test_the_worst_that_is_known_is_told(known: dict[str, Any], state: str) -> None:
    assert describe("i-1", **known).state == state


def test_it_is_told_as_json() -> None:
    told = describe("i-1", ready=True, at_risk=False, reason="spot", deadline=1234.5, draining=True)
    server = serving.serve("127.0.0.1", 0, "/", lambda: (200, told.to_json()))
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/") as answer:
            assert json.load(answer) == {
                "instance_id": "i-1",
                "state": "draining",
                "reason": "spot",
                "deadline": 1234.5,
            }
    finally:
        server.shutdown()
        server.server_close()


def test_only_a_worker_opens_the_port() -> None:
    assert str(ports.WORKER_STATE) in firewall.render("worker", ("10.0.0.0/16",))
    assert str(ports.WORKER_STATE) not in firewall.render("leader", ("10.0.0.0/16",))
