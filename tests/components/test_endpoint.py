"""Endpoint: internal, TCP, shared out by weight."""

from __future__ import annotations

import pytest

from components.endpoint import TargetArgs
from lakehouse import ports
from tests.components.programs import endpoint
from tests.components.recorder import Recorded, build


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    targets = {
        "green": TargetArgs(arn="arn:green", weight=0),
        "blue": TargetArgs(arn="arn:blue", weight=100),
    }
    return build(lambda: endpoint("end", targets=targets))


def test_the_balancer_is_internal_and_has_a_security_group(recorded: Recorded) -> None:
    balancer = recorded.one("LoadBalancer").inputs
    assert (balancer["internal"], balancer["loadBalancerType"]) == (True, "network")
    assert balancer["securityGroups"] == ["sg-endpoint"]


def test_tls_ends_on_the_leader(recorded: Recorded) -> None:
    listener = recorded.one("Listener").inputs
    assert (listener["protocol"], listener["port"]) == ("TCP", ports.ENDPOINT)


def test_a_silent_session_is_remembered_longer_than_the_default(recorded: Recorded) -> None:
    assert recorded.one("Listener").inputs["tcpIdleTimeoutSeconds"] == 3600


def test_connections_are_shared_by_weight_in_a_stable_order(recorded: Recorded) -> None:
    (action,) = recorded.one("Listener").inputs["defaultActions"]
    shares = [(each["arn"], each["weight"]) for each in action["forward"]["targetGroups"]]
    assert shares == [("arn:blue", 100), ("arn:green", 0)], "order of writing must not matter"


def test_the_name_follows_the_balancer(recorded: Recorded) -> None:
    record = recorded.one("Record").inputs
    assert record["name"] == "connect.lakehouse.internal"
    assert record["aliases"][0]["name"] == "end-connect.elb.amazonaws.com"


def test_a_long_stack_name_still_gives_a_valid_balancer_name() -> None:
    name = build(lambda: endpoint("millrace-a-very-long-stack-name")).one("LoadBalancer").name
    assert len(name) <= 24
