"""Who may talk to whom, as one table. Peers are security groups wherever they are ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pulumi

from lakehouse import ports

HTTPS: Final = 443

BLOCK_MANAGER_LAST: Final = ports.BLOCK_MANAGER + 15
"""Executors of one machine take the next free port after `ports.BLOCK_MANAGER`."""

_Id = pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Ids of the security groups."""

    leader: _Id
    worker: _Id
    endpoint: _Id
    services: _Id


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


def rules(
    groups: Groups, *, clients: Sequence[str], ssh_from: Sequence[str], s3_prefix_list: _Id
) -> list[Rule]:
    """The whole table; what is not in it is refused, in both directions."""
    return [
        *_clients(groups, clients),
        *_pairs(groups),
        *_services(groups, s3_prefix_list),
        *_ssh(groups, ssh_from),
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


def _services(groups: Groups, s3_prefix_list: _Id) -> Iterator[Rule]:
    for machine, group in (("leader", groups.leader), ("worker", groups.worker)):
        yield Rule(
            name=f"{machine}-to-services",
            direction="out",
            group=group,
            peer_group=groups.services,
            first_port=HTTPS,
            last_port=HTTPS,
            description=f"{machine} to AWS services",
        )
        yield Rule(
            name=f"{machine}-to-services",
            direction="in",
            group=groups.services,
            peer_group=group,
            first_port=HTTPS,
            last_port=HTTPS,
            description=f"{machine} to AWS services",
        )
        yield Rule(
            name=f"{machine}-to-s3",
            direction="out",
            group=group,
            peer_prefix_list=s3_prefix_list,
            first_port=HTTPS,
            last_port=HTTPS,
            description=f"{machine} to S3 and S3 Tables data",
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
