"""What stands in the way of a local cloud is told at once, each with its remedy."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import PreflightError
from local.preflight import Host, findings, port_is_free, refuse

GIB = 1024**3
GOOD = Host(
    user=0,
    system="Linux",
    architecture="x86_64",
    programs=lambda name: f"/usr/bin/{name}",
    file_systems=frozenset({"overlay", "squashfs", "ext4"}),
    loop_control=True,
    disk_free=50 * GIB,
    disk_kind="ext4",
    memory_available=8 * GIB,
    cgroup_writable=True,
    port_free=True,
)


def find(host: Host, *, running: bool = False) -> list[str]:
    return findings(host, port=15002, state=Path("/var/lib/millrace/x"), running=running)


def test_a_good_host_has_no_findings() -> None:
    assert find(GOOD) == []


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"user": 1000}, "sudo"),
        ({"programs": lambda name: None if name == "haproxy" else name}, "apt-get install haproxy"),
        ({"file_systems": frozenset({"overlay"})}, "modprobe squashfs"),
        ({"loop_control": False}, "modprobe loop"),
        ({"disk_free": 9 * GIB}, "MILLRACE_STATE"),
        ({"disk_kind": "overlay"}, "on a volume"),
        ({"memory_available": 2 * GIB}, "add memory"),
        ({"cgroup_writable": False}, "--privileged"),
        ({"port_free": False}, "MILLRACE_PORT"),
        ({"system": "Darwin"}, "Linux virtual machine"),
        ({"architecture": "riscv64"}, "x86_64 and aarch64"),
    ],
)
def test_each_obstacle_names_its_remedy(change: dict[str, Any], remedy: str) -> None:
    (finding,) = find(replace(GOOD, **change))
    assert remedy in finding


def test_missing_programs_are_no_obstacle_to_whoever_installs_them() -> None:
    bare = replace(GOOD, programs=lambda _: None)
    place = Path("/var/lib/millrace/x")
    assert findings(bare, port=15002, state=place, running=False, installable=True) == []


def test_all_findings_come_together() -> None:
    bad = replace(GOOD, user=1000, loop_control=False, port_free=False)
    with pytest.raises(PreflightError) as error:
        refuse(find(bad))
    assert str(error.value).count("\n  - ") == 3


def test_a_cloud_that_runs_already_may_hold_its_port_disk_and_memory() -> None:
    used = replace(GOOD, port_free=False, disk_free=0, memory_available=0)
    assert find(used, running=True) == []


def test_a_port_with_a_listener_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not port_is_free(port)
    assert port_is_free(port)
