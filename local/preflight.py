"""Whether this host can carry a local cloud: every finding at once, before anything is touched."""

from __future__ import annotations

import os
import platform
import shutil
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lakehouse.errors import PreflightError

PROGRAMS: Final = {
    "systemd-nspawn": "systemd-container",
    "dnsmasq": "dnsmasq-base",
    "haproxy": "haproxy",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "setsid": "util-linux",
    "flock": "util-linux",
    "mount": "mount",
}
"""What the cloud runs, and Debian's package of it."""

ARCHITECTURES: Final = ("x86_64", "aarch64")
MINIMUM_DISK_GIB: Final = 10
MINIMUM_MEMORY_GIB: Final = 6
_OVERLAY_MAGIC: Final = "overlay"


@dataclass(frozen=True)
class Host:
    """The facts that the checks read; a test makes its own."""

    user: int
    system: str
    architecture: str
    programs: Callable[[str], str | None]
    file_systems: frozenset[str]
    loop_control: bool
    disk_free: int
    """Bytes on the disk of the state directory."""
    disk_kind: str
    """Type of the state directory's file system."""
    memory_available: int
    cgroup_writable: bool
    port_free: bool

    @classmethod
    def inspect(cls, state: Path, port: int, *, cgroup_root: Path) -> Host:
        """Look at this host."""
        existing = next(each for each in (state, *state.parents) if each.exists())
        return cls(
            user=os.geteuid(),
            system=platform.system(),
            architecture=platform.machine(),
            programs=_which,
            file_systems=_file_systems(),
            loop_control=Path("/dev/loop-control").exists(),
            disk_free=shutil.disk_usage(existing).free,
            disk_kind=_kind(existing),
            memory_available=_memory_available(),
            cgroup_writable=_cgroup_writable(cgroup_root),
            port_free=port_is_free(port),
        )


def findings(
    host: Host, *, port: int, state: Path, running: bool, installable: bool = False
) -> list[str]:
    """What stands in the way, each with its remedy.

    `running`: the cloud is up already. `installable`: whoever asks installs missing programs.
    """
    gib = 1024**3
    if host.system != "Linux":
        return [f"the local cloud needs Linux, this is {host.system}: use a Linux virtual machine"]
    found = []
    if host.architecture not in ARCHITECTURES:
        found.append(
            f"images are made for {' and '.join(ARCHITECTURES)}, this machine is "
            f"{host.architecture}: use one of those"
        )
    if host.user != 0:
        found.append("booting machines needs root: run this with sudo")
    packages = sorted({PROGRAMS[each] for each in PROGRAMS if host.programs(each) is None})
    if packages and not installable:
        found.append(f"programs are missing: apt-get install {' '.join(packages)}")
    missing = sorted({"overlay", "squashfs"} - host.file_systems)
    if missing:
        found.append(
            f"the kernel has no {' and no '.join(missing)}: modprobe {' '.join(missing)} "
            "(in a container: on its host)"
        )
    if not host.loop_control:
        found.append(
            "/dev/loop-control is missing: modprobe loop (in a container: run it --privileged)"
        )
    if host.disk_kind == _OVERLAY_MAGIC:
        found.append(
            f"{state} is on an overlay file system, which cannot hold another: "
            "set MILLRACE_STATE to a directory on a volume"
        )
    if not host.cgroup_writable:
        found.append(
            "control groups cannot be made in /sys/fs/cgroup: in a container, "
            "run it --privileged with --cgroupns=private"
        )
    if running:
        return found
    if host.disk_free < MINIMUM_DISK_GIB * gib:
        found.append(
            f"{host.disk_free / gib:.1f} GiB are free for {state}, {MINIMUM_DISK_GIB} are needed: "
            "free some or set MILLRACE_STATE to a larger disk"
        )
    if host.memory_available < MINIMUM_MEMORY_GIB * gib:
        found.append(
            f"{host.memory_available / gib:.1f} GiB of memory are available, a leader and two "
            f"workers need {MINIMUM_MEMORY_GIB}: end something or add memory"
        )
    if not host.port_free:
        found.append(
            f"port 127.0.0.1:{port} is taken (`ss -ltnp 'sport = :{port}'` names the process): "
            "end that, or choose another with MILLRACE_PORT"
        )
    return found


def refuse(found: Sequence[str]) -> None:
    """Raise if there are findings.

    Raises:
        PreflightError: carries all of them.
    """
    if found:
        lines = "\n".join(f"  - {each}" for each in found)
        msg = f"this machine cannot run the local cloud yet; nothing was changed\n{lines}"
        raise PreflightError(msg)


def port_is_free(port: int) -> bool:
    """Whether a listener can be bound to this port of the loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _which(program: str) -> str | None:
    path = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
    return shutil.which(program, path=path)


def _file_systems() -> frozenset[str]:
    known = {line.split()[-1] for line in Path("/proc/filesystems").read_text().splitlines()}
    # A module that is not loaded yet is loaded by the first mount.
    modules = Path("/lib/modules") / platform.release() / "modules.dep"
    text = modules.read_text() if modules.exists() else ""
    known |= {each for each in ("overlay", "squashfs") if f"/{each}.ko" in text}
    return frozenset(known)


def _kind(path: Path) -> str:
    best: tuple[int, str] = (0, "")
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        head, _, tail = line.partition(" - ")
        point = Path(head.split(" ")[4])
        if path.resolve().is_relative_to(point):
            best = max(best, (len(point.parts), tail.split(" ")[0]), key=lambda each: each[0])
    return best[1]


def _memory_available() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _cgroup_writable(root: Path) -> bool:
    places: Iterable[Path] = (
        [root] if (root / "cgroup.controllers").exists() else [root / "memory", root / "cpu"]
    )
    return all(
        each.is_dir() and os.access(each, os.W_OK) and not _read_only(each) for each in places
    )


def _read_only(path: Path) -> bool:
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
