"""The role's part of the firewall, loaded into the table that the image ships.

The base (`/etc/nftables.conf`) drops what enters unless it is an answer, loopback, ping or ssh.
This adds who may reach the role's ports. Security groups say the same from outside; two locks,
because Spark 3.5 cannot bind its Connect port to one address.
"""

from __future__ import annotations

from ipaddress import IPv4Network

from lakehouse import ports
from lakehouse.boot import Role
from node import paths
from node.errors import LastingError
from node.render.spark_conf import EXECUTORS_PER_WORKER


def render(role: Role, vpc_cidrs: tuple[str, ...]) -> str:
    """Commands for `nft -f`: one transaction that replaces the role's chains.

    Raises:
        LastingError: no VPC block, or one that is not an IPv4 network. Without one the
            cluster's ports would be open to everybody, so nothing is rendered at all.
    """
    if not vpc_cidrs:
        msg = "the metadata service names no VPC block: cluster ports cannot be opened to it alone"
        raise LastingError(msg)
    lines = [
        "flush chain inet millrace role_input",
        "flush chain inet millrace role_output",
    ]
    if role == "leader":
        # The load balancer keeps clients' addresses, which may lie outside of the VPC.
        lines.append(_accept((), ports.GATEWAY, ports.HEALTH))
        lines.append(
            _accept(vpc_cidrs, ports.MASTER, ports.DRIVER, ports.BLOCK_MANAGER, ports.MASTER_UI)
        )
        lines += [
            _only(ports.CONNECT, "root", paths.GATEWAY_USER, paths.SPARK_USER),
            _only(ports.NODE_STATUS, "root", paths.GATEWAY_USER, paths.SPARK_USER),
        ]
    else:
        blocks = f"{ports.BLOCK_MANAGER}-{ports.BLOCK_MANAGER + EXECUTORS_PER_WORKER - 1}"
        lines.append(_accept(vpc_cidrs, ports.WORKER, blocks, ports.WORKER_UI, ports.WORKER_STATE))
    return "\n".join(lines) + "\n"


def _accept(cidrs: tuple[str, ...], *tcp_ports: int | str) -> str:
    wanted = ", ".join(str(port) for port in tcp_ports)
    source = f"ip saddr {{ {', '.join(_network(cidr) for cidr in cidrs)} }} " if cidrs else ""
    return f"add rule inet millrace role_input {source}tcp dport {{ {wanted} }} accept"


def _only(port: int, *users: str) -> str:
    """Loopback is open to all users of the machine otherwise."""
    names = ", ".join(f'"{user}"' for user in users)
    return (
        f'add rule inet millrace role_output tcp dport {port} oifname "lo" '
        f"meta skuid != {{ {names} }} reject with tcp reset"
    )


def _network(cidr: str) -> str:
    try:
        return str(IPv4Network(cidr))
    except ValueError as error:
        msg = f"VPC block {cidr!r} of the metadata service is not an IPv4 network: {error}"
        raise LastingError(msg) from error
