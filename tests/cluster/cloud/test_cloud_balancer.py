"""A network load balancer's promises, kept by HAProxy between booted machines."""

from __future__ import annotations

import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local import wait
from local.account_client import AccountClient
from local.cgroups import Cgroups
from tests.cluster.cloud.lab import Lab

pytestmark = pytest.mark.cluster

ECHO = """
import http.server, socket, threading

class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

def serve(connection):
    while connection.recv(64):
        connection.sendall(socket.gethostname().encode())

server = http.server.ThreadingHTTPServer(("", 15444), Healthy)
threading.Thread(target=server.serve_forever, daemon=True).start()
listener = socket.create_server(("", 15443))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


@dataclass(frozen=True)
class Balanced:
    """Two target groups of one machine each behind a listener."""

    lab: Lab
    listener: str
    groups: tuple[str, str]
    instances: tuple[dict[str, Any], dict[str, Any]]

    def weigh(self, *weights: int) -> None:
        """Change the listener's weights and wait until new connections follow."""
        self.lab.api(
            lambda account: account.elbv2.modify_listener(
                ListenerArn=self.listener, DefaultActions=forward(self.groups, weights)
            )
        )
        wanted = {name for name, weight in zip(self.names(), weights, strict=True) if weight}
        wait.until(lambda: set(self.shares(12)) == wanted, what=f"weights {weights}", deadline=10)

    def names(self) -> list[str]:
        """Host names of the two machines."""
        return [each["PrivateDnsName"].split(".")[0] for each in self.instances]

    def connect(self) -> Flow:
        """A connection from the host, through the endpoint's port."""
        return Flow(self.lab.cloud.host_port)

    def shares(self, count: int) -> Counter[str]:
        """Who answers new connections."""
        counted: Counter[str] = Counter()
        for _ in range(count):
            flow = self.connect()
            counted[flow.ask()] += 1
            flow.close()
        return counted


class Flow:
    """One established connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)

    def ask(self) -> str:
        """Which machine is at the other end."""
        try:
            self._socket.sendall(b"?")
            return self._socket.recv(64).decode()
        except ConnectionError:
            return ""

    def close(self) -> None:
        """End it."""
        self._socket.close()


def forward(groups: tuple[str, str], weights: tuple[int, ...]) -> list[dict[str, Any]]:
    pairs = [
        {"TargetGroupArn": arn, "Weight": weight}
        for arn, weight in zip(groups, weights, strict=True)
    ]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": pairs}}]


@pytest.fixture(scope="module")
def balanced(lab: Lab) -> Iterator[Balanced]:
    instances = (lab.launch(), lab.launch())
    for each in instances:
        lab.ssh(each, "nft flush ruleset 2>/dev/null; cat >/root/echo.py", stdin=ECHO)
        lab.ssh(each, "systemd-run --quiet --unit=echo python3 /root/echo.py")

    def make(account: AccountClient) -> tuple[str, tuple[str, str]]:
        balancer = account.elbv2.create_load_balancer(
            Name="lab", Subnets=[lab.subnet], Type="network", Scheme="internal"
        )["LoadBalancers"][0]
        blue, green = (
            account.elbv2.create_target_group(
                Name=name,
                Protocol="TCP",
                Port=15443,
                VpcId=lab.vpc,
                HealthCheckProtocol="HTTP",
                HealthCheckPort="15444",
                HealthCheckPath="/healthz",
                HealthCheckIntervalSeconds=10,
                HealthyThresholdCount=2,
                UnhealthyThresholdCount=2,
            )["TargetGroups"][0]["TargetGroupArn"]
            for name in ("blue", "green")
        )
        for arn, each in zip((blue, green), instances, strict=True):
            account.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": each["InstanceId"]}])
        listener = account.elbv2.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="TCP",
            Port=15002,
            DefaultActions=forward((blue, green), (100, 0)),
        )["Listeners"][0]["ListenerArn"]
        return listener, (blue, green)

    listener, groups = lab.api(make)
    found = Balanced(lab=lab, listener=listener, groups=groups, instances=instances)
    wait.until(
        lambda: states(found) == ["healthy", "healthy"],
        what="healthy targets",
        deadline=30,
        describe=lambda: str(lab.cloud.status()),
    )
    yield found
    lab.terminate(*instances)


def states(balanced: Balanced) -> list[str]:
    """What DescribeTargetHealth says of the two machines."""
    return [
        each["TargetHealth"]["State"]
        for arn in balanced.groups
        for each in balanced.lab.api(
            lambda account, arn=arn: account.elbv2.describe_target_health(TargetGroupArn=arn)
        )["TargetHealthDescriptions"]
    ]


def test_new_connections_follow_the_weights_and_old_ones_stay(balanced: Balanced) -> None:
    blue, green = balanced.names()
    balanced.weigh(100, 0)
    old = balanced.connect()
    assert old.ask() == blue
    balanced.weigh(25, 75)
    assert balanced.shares(40) == {blue: 10, green: 30}
    balanced.weigh(0, 100)
    assert old.ask() == blue, "a change of weights must not cut an established flow"
    old.close()


def test_a_deregistered_target_keeps_its_flows(balanced: Balanced) -> None:
    blue, green = balanced.names()
    target = [{"Id": balanced.instances[1]["InstanceId"]}]
    balanced.weigh(0, 100)
    old = balanced.connect()
    assert old.ask() == green
    balanced.weigh(50, 50)
    balanced.lab.api(
        lambda account: account.elbv2.deregister_targets(
            TargetGroupArn=balanced.groups[1], Targets=target
        )
    )
    wait.until(lambda: set(balanced.shares(8)) == {blue}, what="no new flows", deadline=10)
    assert states(balanced) == ["healthy", "draining"]
    assert old.ask() == green
    old.close()
    balanced.lab.api(
        lambda account: account.elbv2.register_targets(
            TargetGroupArn=balanced.groups[1], Targets=target
        )
    )
    wait.until(
        lambda: set(balanced.shares(8)) == {blue, green}, what="the target's return", deadline=20
    )


def test_an_unhealthy_target_loses_its_flows_and_gets_no_new_ones(balanced: Balanced) -> None:
    blue, green = balanced.names()
    balanced.weigh(0, 100)
    old = balanced.connect()
    assert old.ask() == green
    balanced.weigh(50, 50)
    balanced.lab.ssh(balanced.instances[1], "systemctl kill --signal=STOP echo")
    wait.until(
        lambda: states(balanced) == ["healthy", "unhealthy"],
        what="an unhealthy target",
        deadline=40,
    )
    assert set(balanced.shares(8)) == {blue}
    balanced.lab.ssh(balanced.instances[1], "systemctl kill --signal=CONT echo")
    assert old.ask() == ""
    old.close()
    wait.until(lambda: states(balanced) == ["healthy", "healthy"], what="recovery", deadline=40)


def test_the_host_sees_only_the_endpoint_on_loopback(balanced: Balanced) -> None:
    listed = subprocess.run(
        ["ss", "-Hltnp"], capture_output=True, text=True, check=True, timeout=30
    ).stdout.splitlines()
    cgroups = Cgroups()
    mine = {f"pid={pid}," for pid in cgroups.processes(balanced.lab.cloud.paths.cgroup)}
    sockets = [line.split()[3] for line in listed if any(pid in line for pid in mine)]
    assert sockets == [f"127.0.0.1:{balanced.lab.cloud.host_port}"]
