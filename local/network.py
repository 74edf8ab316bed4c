"""Network namespaces, bridges and cables of one local cloud.

Namespaces are made with `unshare` and not with `ip netns add`, which would leave a mount on
/run/netns; and entered with `nsenter --net` and not with `ip netns exec`, which remounts /sys
and hides the control groups. No interface is ever made in the host's own namespace.
"""

from __future__ import annotations

import ctypes
import hashlib
import ipaddress
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from lakehouse.errors import ToolError
from lakehouse.ports import IMDS
from local import mounts
from local.paths import (
    API_ADDRESS,
    BRIDGE_PREFIX,
    NETNS_DIRECTORY,
    CloudPaths,
    bridge_name,
    veth_name,
)
from local.shell import run

API_INTERFACE: Final = "aws0"
MACHINE_INTERFACE: Final = "host0"
"""systemd's stock network file for containers asks for DHCP on this name."""

_CLONE_NEWNET: Final = 0x40000000

T = TypeVar("T")


def in_namespace(netns: Path) -> list[str]:
    """The words to put before a command that shall run in this network namespace."""
    return ["nsenter", f"--net={netns}", "--"]


def enter(name: str) -> None:
    """Move this thread into the network of the local cloud `name`.

    Raises:
        ToolError: there is no such cloud, or this process may not.
    """
    path = CloudPaths(name).netns
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        msg = f"the local cloud {name!r} is not running ({error}); start it with `make up`"
        raise ToolError(msg) from error
    try:
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            msg = f"cannot enter {path}: {os.strerror(ctypes.get_errno())}; this needs root"
            raise ToolError(msg)
    finally:
        os.close(descriptor)


def call(name: str, function: Callable[[], T]) -> T:
    """The result of `function`, called in a thread that is in the cloud's network."""
    with ThreadPoolExecutor(1, initializer=enter, initargs=(name,)) as pool:
        return pool.submit(function).result()


def exists(netns: Path) -> bool:
    """Whether the namespace is there (a file alone is what a killed start leaves).

    The table of mounts would also show what another mount hides.
    """
    try:
        return netns.stat().st_dev == Path("/proc/self/ns/net").stat().st_dev
    except OSError:
        return False


def directory_is_shared() -> bool:
    """Whether /run/netns is a mount, as `ip netns add` makes it.

    If it were not, the first `ip netns add` on this host would hide the namespaces in it.
    """
    return NETNS_DIRECTORY in mounts.mount_points()


def share_directory() -> None:
    """Make /run/netns a mount."""
    NETNS_DIRECTORY.mkdir(parents=True, exist_ok=True)
    mounts.bind(NETNS_DIRECTORY, NETNS_DIRECTORY)


def unshare_directory() -> None:
    """Undo `share_directory`, unless somebody has namespaces there."""
    if not any(NETNS_DIRECTORY.iterdir()) and NETNS_DIRECTORY in mounts.mount_points():
        mounts.unmount(NETNS_DIRECTORY, deadline=0)


def create(netns: Path) -> None:
    """Make a network namespace with its loopback up; nothing if it is there."""
    if not exists(netns):
        netns.touch()
        run(["unshare", f"--net={netns}", "--", "true"])
    script = (
        "ip link set lo up; "
        "[ ! -e /proc/sys/net/ipv6 ] || "
        "for key in all default; do echo 1 >/proc/sys/net/ipv6/conf/$key/disable_ipv6; done"
    )
    run([*in_namespace(netns), "sh", "-ec", script])


def delete(netns: Path) -> None:
    """Remove a namespace; the kernel removes its interfaces with its last process."""
    mounts.unmount_below(netns)
    netns.unlink(missing_ok=True)


def links(netns: Path) -> dict[str, dict[str, Any]]:
    """Interfaces of a namespace by name, as `ip -j address` describes them."""
    text = run([*in_namespace(netns), "ip", "-j", "address", "show"])
    return {each["ifname"]: each for each in json.loads(text) if each.get("ifname")}


def bridges(netns: Path) -> set[str]:
    """VPC bridges that exist."""
    return {name for name in links(netns) if name.startswith(BRIDGE_PREFIX)}


def create_cloud(paths: CloudPaths) -> None:
    """The cloud's namespace with the API's and the metadata service's addresses."""
    create(paths.netns)
    ensure_bridge(paths.netns, API_INTERFACE, [f"{API_ADDRESS}/32", f"{IMDS}/32"])


def ensure_bridge(netns: Path, name: str, wanted: Sequence[str]) -> None:
    """A bridge that carries exactly these addresses (in CIDR form).

    Its hardware address is given: a bridge without one takes the lowest of its ports', which
    changes as machines come and go, and everybody would lose the router, the metadata service and
    the load balancers until they asked for the address again, for up to minutes.
    """
    link = links(netns).get(name)
    mac = bridge_mac(name)
    commands = []
    if link is None:
        commands.append(
            f"link add name {name} address {mac} type bridge stp_state 0 forward_delay 0"
        )
    elif link["address"] != mac:
        commands.append(f"link set {name} address {mac}")
    have = {f"{a['local']}/{a['prefixlen']}" for a in (link or {}).get("addr_info", [])}
    commands += [f"address del {each} dev {name}" for each in sorted(have - set(wanted))]
    commands += [f"address add {each} dev {name}" for each in wanted if each not in have]
    if link is None or "UP" not in link["flags"]:
        commands.append(f"link set {name} up")
    _ip_batch(netns, commands)


def vpc_addresses(cidr: str, balancers: Sequence[str] = ()) -> list[str]:
    """What a VPC's bridge carries: router, resolver, then its load balancers."""
    network = ipaddress.ip_network(cidr)
    return [
        f"{network[1]}/{network.prefixlen}",
        f"{network[2]}/32",
        *(f"{address}/32" for address in balancers),
    ]


def remove_bridge(netns: Path, name: str) -> None:
    """Remove a bridge; nothing if it is gone."""
    if name in links(netns):
        _ip_batch(netns, [f"link delete {name}"])


def connect_machine(paths: CloudPaths, instance_id: str, vpc_id: str, mac: str) -> None:
    """The machine's namespace, and a cable from its `host0` to the VPC's bridge."""
    inner = paths.machine_netns(instance_id)
    create(inner)
    cable = veth_name(instance_id)
    if MACHINE_INTERFACE in links(inner):
        return
    commands = [] if cable not in links(paths.netns) else [f"link delete {cable}"]
    end = f"name {MACHINE_INTERFACE} address {mac} netns {inner.name}"
    commands += [
        f"link add {cable} type veth peer {end}",
        f"link set {cable} master {bridge_name(vpc_id)} up",
    ]
    _ip_batch(paths.netns, commands)


def machine_namespaces(paths: CloudPaths) -> list[str]:
    """Instances that have a network namespace here, or what is left of one."""
    if not NETNS_DIRECTORY.is_dir():
        return []
    entries = (paths.instance_of_netns(entry.name) for entry in NETNS_DIRECTORY.iterdir())
    return sorted(each for each in entries if each)


def mac_address(private_ip: str) -> str:
    """A locally administered address that says which IPv4 address belongs to it."""
    octets = ipaddress.IPv4Address(private_ip).packed
    return ":".join(["02", "00", *(f"{octet:02x}" for octet in octets)])


def bridge_mac(name: str) -> str:
    """A locally administered address for a bridge, apart from those of machines."""
    octets = hashlib.sha256(name.encode()).digest()[:4]
    return ":".join(["02", "01", *(f"{octet:02x}" for octet in octets)])


def _ip_batch(netns: Path, commands: Sequence[str]) -> None:
    if commands:
        run([*in_namespace(netns), "ip", "-batch", "-"], stdin="\n".join(commands) + "\n")
