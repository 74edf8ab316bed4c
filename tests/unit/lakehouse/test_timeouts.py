"""Silence on the way to Spark Connect: who forgets does it after the next ping, loudest first."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from lakehouse import timeouts
from lakehouse.config import EndpointConfig
from node.render.gateway import render_conf

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "client"))

from lakehouse_client.channel import KEEPALIVE  # noqa: E402

OPTIONS = dict(KEEPALIVE)
NITRO_6_SECONDS = 350
"""What an interface of Nitro version 6 remembers by itself (EC2 user guide)."""

LISTENER = range(60, 6001)
TRACKING = range(60, 432_001)
"""What AWS takes for a TCP listener, and for tracking of established connections."""

SILENT = timeouts.CLIENT_PING_SECONDS + timeouts.CLIENT_ANSWER_SECONDS
"""The longest silence of a client that is alive, one lost ping aside."""


def gateway(directive: str) -> list[int]:
    """Seconds of every line of nginx's settings with that name."""
    found = re.findall(rf"^\s*{directive} (\d+)([smhd]);", render_conf(), re.MULTILINE)
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    assert found, f"nginx has no {directive}"
    return [int(number) * units[unit] for number, unit in found]


def test_the_client_keeps_to_the_numbers() -> None:
    assert OPTIONS["grpc.keepalive_time_ms"] == timeouts.CLIENT_PING_SECONDS * 1000
    assert OPTIONS["grpc.keepalive_timeout_ms"] == timeouts.CLIENT_ANSWER_SECONDS * 1000
    assert OPTIONS["grpc.keepalive_permit_without_calls"] == 1, "sessions are silent in between"
    assert OPTIONS["grpc.http2.max_pings_without_data"] == 0, "nor does it stop after two"


def test_a_living_client_is_never_forgotten() -> None:
    forgetting = {
        "the shortest idle timeout of a stack": timeouts.SHORTEST_IDLE_SECONDS,
        "the default idle timeout": EndpointConfig().idle_timeout_seconds,
        "tracking of the leader's interface": timeouts.TRACKING_SECONDS,
        "tracking of a client on Nitro version 6": NITRO_6_SECONDS,
        **{f"nginx's {each}": min(gateway(each)) for each in ("keepalive_timeout", "send_timeout")},
    }
    assert {what: after for what, after in forgetting.items() if after <= SILENT} == {}


@pytest.mark.parametrize(
    "idle", [timeouts.SHORTEST_IDLE_SECONDS, timeouts.IDLE_SECONDS, timeouts.LONGEST_IDLE_SECONDS]
)
def test_the_balancer_forgets_before_tracking_which_would_not_say_so(idle: int) -> None:
    assert SILENT < idle < timeouts.TRACKING_SECONDS


@pytest.mark.parametrize(
    "directive",
    [
        "keepalive_timeout",
        "client_body_timeout",
        "send_timeout",
        "grpc_read_timeout",
        "grpc_send_timeout",
    ],
)
def test_the_gateway_keeps_to_the_numbers(directive: str) -> None:
    assert set(gateway(directive)) == {timeouts.GATEWAY_SECONDS}


def test_the_gateway_says_goodbye_before_tracking_forgets() -> None:
    assert SILENT < timeouts.GATEWAY_SECONDS < timeouts.TRACKING_SECONDS


def test_aws_takes_the_numbers() -> None:
    for idle in (timeouts.SHORTEST_IDLE_SECONDS, timeouts.LONGEST_IDLE_SECONDS):
        assert idle in LISTENER
    assert timeouts.TRACKING_SECONDS in TRACKING


@pytest.mark.parametrize(
    "kind", ["r7g.2xlarge", "m7i.large", "t3.medium", "a1.large", "c6gn.4xlarge"]
)
def test_interfaces_of_nitro_take_a_timeout(kind: str) -> None:
    assert timeouts.tracking(kind) == timeouts.TRACKING_SECONDS


@pytest.mark.parametrize("kind", ["t2.small", "m4.large", "r4.xlarge", "c4.large", "x1e.xlarge"])
def test_interfaces_before_nitro_take_none(kind: str) -> None:
    assert timeouts.tracking(kind) is None
