"""The machines: workers are there, and what must not answer does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
import testinfra

from lakehouse import ports
from lakehouse.outputs import StackOutputs
from ops import ssh
from ops.access import Access
from ops.endpoint import node_status
from ops.machines import Machine
from ops.wait import Pending, until
from tests.smoke import remote
from tests.smoke.answers import assert_answers, assert_never_answers, tcp

IMDS_URL = f"http://{ports.IMDS}/latest"
TOKEN_LIFE = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}

NEVER_FROM_OUTSIDE = (
    *(("leader", port) for port in (ports.CONNECT, ports.DRIVER_UI, ports.MASTER, ports.MASTER_UI)),
    *(("leader", port) for port in (ports.NODE_STATUS, ports.DRIVER, ports.BLOCK_MANAGER)),
    *(("worker", port) for port in (ports.WORKER, ports.WORKER_UI, ports.BLOCK_MANAGER)),
)

NEVER_BETWEEN_MACHINES = (ports.CONNECT, ports.DRIVER_UI, ports.NODE_STATUS)
"""Ports of the leader that not even its own workers may reach."""

Open = Callable[[Machine], Any]


@pytest.fixture(scope="module")
def on(access: Access) -> Iterator[Open]:
    """Opens testinfra on a machine, over a connection whose host key was verified."""
    clients = []

    @cache
    def open_host(machine: Machine) -> Any:
        host = testinfra.get_host(f"paramiko://{ssh.USER}@{machine.address}")
        with access.context.inside():
            client = ssh.open_client(
                machine.address, key=access.key, host_keys=access.host_keys.of(machine)
            )
        clients.append(client)
        # testinfra would connect by itself, warning of an unknown host key instead of refusing.
        host.backend.__dict__["client"] = client
        return host

    yield open_host
    for client in clients:
        client.close()


def first(machines: tuple[Machine, ...], role: str) -> Machine:
    return next(machine for machine in machines if machine.role == role)


def test_every_generation_has_a_leader_in_service(
    outputs: StackOutputs, machines: tuple[Machine, ...]
) -> None:
    leading = {machine.generation for machine in machines if machine.role == "leader"}
    assert leading == {generation.name for generation in outputs.generations}


def test_as_many_workers_are_registered_as_are_in_service(
    outputs: StackOutputs, machines: tuple[Machine, ...], token: str
) -> None:
    def probe() -> dict[str, Any] | Pending:
        status = node_status(outputs.endpoint, token)
        mine = status.document.get("generation")
        serving = sum(m.role == "worker" and m.generation == mine for m in machines)
        alive = status.document.get("workers_alive")
        if alive == serving and serving > 0:
            return dict(status.document)
        return Pending(f"{alive} alive, {serving} in service; {status.problem or 'no problem'}")

    document = until(probe, deadline=90, describe="every worker in service to be registered")
    addresses = {m.address for m in machines if m.role == "worker"}
    assert {each["host"] for each in document["workers"]} <= addresses


def test_the_node_status_finds_no_problem(outputs: StackOutputs, token: str) -> None:
    document = node_status(outputs.endpoint, token).document
    assert document["healthy"]
    assert document["problems"] == []


def test_every_machine_runs_the_units_of_its_role(machines: tuple[Machine, ...], on: Open) -> None:
    units = {
        "leader": (
            "spark-master",
            "spark-connect",
            "millrace-gateway",
            "millrace-health",
            "millrace-shipper",
            "millrace-metrics",
        ),
        "worker": ("spark-worker", "millrace-worker-agent", "millrace-shipper"),
    }
    dead = [
        f"{machine.instance_id}: {unit}"
        for machine in machines
        for unit in units[machine.role]
        if not on(machine).service(unit).is_running
    ]
    assert not dead


def test_no_unit_has_failed_on_any_machine(machines: tuple[Machine, ...], on: Open) -> None:
    failed = {
        machine.instance_id: on(machine).run("systemctl --failed --plain --no-legend").stdout
        for machine in machines
    }
    assert not any(failed.values()), failed


@pytest.mark.parametrize(("role", "port"), NEVER_FROM_OUTSIDE)
def test_inner_ports_never_answer_a_neighbour_of_the_vpc(
    access: Access, outputs: StackOutputs, machines: tuple[Machine, ...], role: str, port: int
) -> None:
    # In the local cloud the account's own address; on AWS wherever this suite runs.
    source = urlsplit(outputs.aws_endpoint_url).hostname or ""
    address = first(machines, role).address
    gateway = first(machines, "leader").address
    with access.context.inside():
        # That the way into the VPC is open from here is what makes silence mean something.
        assert_answers(f"gateway of {gateway}", tcp(gateway, ports.GATEWAY, source=source))
        probe = tcp(address, port, source=source)
        assert_never_answers(f"{role} {address}:{port}", probe, seconds=1)


@pytest.mark.parametrize("port", NEVER_BETWEEN_MACHINES)
def test_a_worker_reaches_no_private_port_of_the_leader(
    machines: tuple[Machine, ...], on: Open, port: int
) -> None:
    leader, worker = first(machines, "leader"), first(machines, "worker")
    host = on(worker)
    assert_answers("the leader's master", remote.tcp(host, leader.address, ports.MASTER))
    probe = remote.tcp(host, leader.address, port)
    assert_never_answers(f"leader {leader.address}:{port} from a worker", probe, seconds=1)


def test_the_gateway_does_not_answer_plaintext_inside_the_vpc(
    machines: tuple[Machine, ...], on: Open
) -> None:
    leader = first(machines, "leader").address
    url = f"http://{leader}:{ports.GATEWAY}{ports.STATUS_PATH}"
    status, _ = remote.http(on(first(machines, "worker")), url)
    # nginx tells a client that it spoke plaintext to a TLS port; that is no service.
    assert status in (0, 400)


@pytest.mark.parametrize("role", ["leader", "worker"])
def test_the_metadata_service_wants_a_session_token(
    machines: tuple[Machine, ...], on: Open, role: str
) -> None:
    host = on(first(machines, role))
    assert remote.http(host, f"{IMDS_URL}/meta-data/instance-id")[0] == 401
    status, session = remote.http(host, f"{IMDS_URL}/api/token", method="PUT", headers=TOKEN_LIFE)
    assert status == 200
    headers = {"X-aws-ec2-metadata-token": session}
    found = remote.http(host, f"{IMDS_URL}/meta-data/instance-id", headers=headers)
    assert found == (200, first(machines, role).instance_id)


@pytest.mark.parametrize("role", ["leader", "worker"])
@pytest.mark.parametrize("user", ["nobody", "www-data", "sshd"])
def test_the_metadata_service_never_answers_users_that_need_none(
    machines: tuple[Machine, ...], on: Open, role: str, user: str
) -> None:
    host = on(first(machines, role))
    assert host.user(user).exists, f"the image should have user {user}, or this asks nobody"
    probe = remote.tcp(host, ports.IMDS, 80, user=user)
    assert_never_answers(f"IMDS for {user}", probe, seconds=1)


def test_a_plain_user_of_the_leader_cannot_pass_by_the_gateway(
    machines: tuple[Machine, ...], on: Open
) -> None:
    host = on(first(machines, "leader"))
    probe = remote.tcp(host, "127.0.0.1", ports.CONNECT, user="nobody")
    assert_never_answers("Spark Connect on the leader for nobody", probe, seconds=1)


def test_secrets_are_in_memory_and_for_their_owner_only(
    machines: tuple[Machine, ...], on: Open
) -> None:
    host = on(first(machines, "leader"))
    listing = host.check_output(
        r"find /run/millrace -type f \( -name '*.key' -o -name spark-defaults.conf"
        r" -o -name tokens.map \) -printf '%m %p\n'"
    )
    lines = listing.splitlines()
    assert len(lines) >= 3, listing
    open_files = [line for line in lines if int(line.split()[0], 8) & 0o077]
    assert not open_files
    assert host.mount_point("/run").filesystem == "tmpfs"


def test_user_data_holds_no_secret(machines: tuple[Machine, ...], on: Open, token: str) -> None:
    host = on(first(machines, "leader"))
    _, session = remote.http(host, f"{IMDS_URL}/api/token", method="PUT", headers=TOKEN_LIFE)
    headers = {"X-aws-ec2-metadata-token": session}
    _, text = remote.http(host, f"{IMDS_URL}/user-data", headers=headers)
    assert json.loads(text)["role"] == "leader"
    assert token not in text
