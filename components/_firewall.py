"""Who may talk to whom, as one table. Peers are security groups wherever they are ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import pulumi

from lakehouse import ports

HTTPS: Final = 443

ANYWHERE: Final = "0.0.0.0/0"

BLOCK_MANAGER_LAST: Final = ports.BLOCK_MANAGER + 15
"""Executors of one machine take the next free port after `ports.BLOCK_MANAGER`."""

_Id = pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Ids of the security groups."""

    leader: _Id
    worker: _Id
    endpoint: _Id
    services: _Id | None = None
    """Of the interface endpoints that the stack makes, where it makes some."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One allowed way. Exactly one peer is set."""

    name: str
    direction: Literal["in", "out"]
    group: _Id
    first_port: int
    last_port: int
    description: str
    peer_group: _Id | None = None
    peer_cidr: str | None = None
    peer_prefix_list: _Id | None = None

    @property
    def internet(self) -> bool:
        """Whether it is the way to the internet."""
        return self.peer_cidr == ANYWHERE


@dataclass(frozen=True, kw_only=True)
class Peers:
    """Who is not one of our groups."""

    clients: Sequence[str]
    """Networks of those who connect."""
    ssh_from: Sequence[str]
    """Networks of operators."""
    s3_prefix_list: _Id
    """Addresses of S3."""
    services_for: Sequence[str] = ()
    """Networks that our interface endpoints are for, besides our machines."""
    given_services: Sequence[str] = ()
    """Ids of the groups of interface endpoints that somebody else made."""
    internet: bool = False
    """Whether machines reach the internet; it never reaches them."""


def rules(groups: Groups, peers: Peers) -> list[Rule]:
    """The whole table; what is not in it is refused, in both directions."""
    return [
        *_clients(groups, peers.clients),
        *_pairs(groups),
        *_services(groups, peers),
        *_ssh(groups, peers.ssh_from),
    ]


def _clients(groups: Groups, clients: Sequence[str]) -> Iterator[Rule]:
    for cidr in clients:
        yield Rule(
            name=f"clients-{_slug(cidr)}",
            direction="in",
            group=groups.endpoint,
            peer_cidr=cidr,
            first_port=ports.ENDPOINT,
            last_port=ports.ENDPOINT,
            description="Spark Connect clients",
        )


def _pairs(groups: Groups) -> Iterator[Rule]:
    """Ways between our own groups: an egress rule here, an ingress rule there."""
    by_name = {"leader": groups.leader, "worker": groups.worker, "endpoint": groups.endpoint}
    ways = (
        ("endpoint", "leader", "gateway", ports.GATEWAY, ports.GATEWAY),
        ("endpoint", "leader", "health", ports.HEALTH, ports.HEALTH),
        ("worker", "leader", "master", ports.MASTER, ports.MASTER),
        ("worker", "leader", "driver", ports.DRIVER, BLOCK_MANAGER_LAST),
        ("worker", "leader", "master-ui", ports.MASTER_UI, ports.MASTER_UI),
        ("leader", "worker", "worker", ports.WORKER, ports.WORKER),
        ("leader", "worker", "blocks", ports.BLOCK_MANAGER, BLOCK_MANAGER_LAST),
        ("leader", "worker", "worker-ui", ports.WORKER_UI, ports.WORKER_UI),
        ("leader", "worker", "worker-state", ports.WORKER_STATE, ports.WORKER_STATE),
        ("worker", "worker", "blocks", ports.BLOCK_MANAGER, BLOCK_MANAGER_LAST),
    )
    for source, target, what, first, last in ways:
        name = f"{source}-to-{target}-{what}"
        description = f"{source} to {target}: {what}"
        yield Rule(
            name=name,
            direction="out",
            group=by_name[source],
            peer_group=by_name[target],
            first_port=first,
            last_port=last,
            description=description,
        )
        yield Rule(
            name=name,
            direction="in",
            group=by_name[target],
            peer_group=by_name[source],
            first_port=first,
            last_port=last,
            description=description,
        )


def _services(groups: Groups, peers: Peers) -> Iterator[Rule]:
    for machine, group in (("leader", groups.leader), ("worker", groups.worker)):
        if groups.services is not None:
            name, description = f"{machine}-to-services", f"{machine} to AWS services"
            yield _https(name, "out", group, description, peer_group=groups.services)
            yield _https(name, "in", groups.services, description, peer_group=group)
        for given in peers.given_services:
            yield _https(
                f"{machine}-to-{given}",
                "out",
                group,
                f"{machine} to AWS services",
                peer_group=pulumi.Output.from_input(given),
            )
        yield _https(
            f"{machine}-to-s3",
            "out",
            group,
            f"{machine} to S3 and S3 Tables data",
            peer_prefix_list=peers.s3_prefix_list,
        )
        if peers.internet:
            yield _https(
                f"{machine}-to-internet",
                "out",
                group,
                f"{machine} to the internet",
                peer_cidr=ANYWHERE,
            )
    if groups.services is not None:
        for cidr in peers.services_for:
            yield _https(
                f"services-from-{_slug(cidr)}",
                "in",
                groups.services,
                "The VPC to AWS services",
                peer_cidr=cidr,
            )


def _https(
    name: str, direction: Literal["in", "out"], group: _Id, description: str, **peer: Any
) -> Rule:
    return Rule(
        name=name,
        direction=direction,
        group=group,
        first_port=HTTPS,
        last_port=HTTPS,
        description=description,
        **peer,
    )


def _ssh(groups: Groups, ssh_from: Sequence[str]) -> Iterator[Rule]:
    for cidr in ssh_from:
        for machine, group in (("leader", groups.leader), ("worker", groups.worker)):
            yield Rule(
                name=f"ssh-to-{machine}-{_slug(cidr)}",
                direction="in",
                group=group,
                peer_cidr=cidr,
                first_port=ports.SSH,
                last_port=ports.SSH,
                description="Operators",
            )


def _slug(cidr: str) -> str:
    return cidr.replace(".", "-").replace("/", "-")
