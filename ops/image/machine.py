"""A container machine that is booted only to be baked, and reached over verified SSH.

It has a network namespace of its own with one link to the host and no route further: what it
needs is in its lower layers or is sent to it. One bake runs at a time, so names are fixed, and
a later bake removes what a killed one left.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from lakehouse.errors import DeadlineError, ToolError
from toolchain.progress import Log

NAMESPACE: Final = "millrace-bake"
HOST_LINK: Final = "mr-bake"
MACHINE_LINK: Final = "bake0"
"""Matches no network file of the image, so the image's own network set-up leaves it alone."""
HOST_ADDRESS: Final = "198.51.100.1/30"
MACHINE: Final = "198.51.100.2"
"""RFC 5737 documentation addresses: they collide with nobody's network."""

_BOOT_SECONDS: Final = 60.0
_EMULATED_BOOT_SECONDS: Final = 600.0
_HALT_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.3

_EMULATED_HALT: Final = "--kill-signal=SIGRTMIN+5"
"""QEMU numbers real-time signals from 32, the host's libc from 34: this arrives as SIGRTMIN+3."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """How to reach the machine: a key made for it, and its host key made for it."""

    key: Path
    ssh_config: Path


@contextmanager
def booted(root: Path, scratch: Path, log: Log, *, emulated: bool = False) -> Iterator[Login]:
    """Boot the tree at `root`; halt it cleanly at the end.

    `emulated` says that it is of another architecture: slower, and halted by another signal.
    """
    login = _prepare_login(root, scratch)
    console = scratch / "console.log"
    with _network(), console.open("wb") as output:
        process = _start(root, output, [_EMULATED_HALT] if emulated else [])
        (scratch / "machine.pid").write_text(f"{process.pid}\n", encoding="utf-8")
        try:
            _wait_for_ssh(
                process, login, console, _EMULATED_BOOT_SECONDS if emulated else _BOOT_SECONDS
            )
            yield login
        finally:
            _halt(process, log)


def sweep(scratch: Path) -> None:
    """Stop a machine that an interrupted bake left running, and remove its network."""
    pid_file = scratch / "machine.pid"
    if pid_file.is_file():
        pid = int(pid_file.read_text(encoding="utf-8"))
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if f"--machine={NAMESPACE}".encode() in words:
                os.kill(pid, signal.SIGKILL)
                _wait_gone(pid)
    _remove_network()


def _prepare_login(root: Path, scratch: Path) -> Login:
    key = scratch / "key"
    host_key = root / "etc/ssh/ssh_host_ed25519_key"
    for path in (key, host_key):
        path.unlink(missing_ok=True)
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)]
        subprocess.run(command, check=True)
    folder = root / "root/.ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "authorized_keys").write_bytes(key.with_suffix(".pub").read_bytes())
    public = host_key.with_suffix(".pub").read_text(encoding="utf-8")
    known_hosts = scratch / "known_hosts"
    known_hosts.write_text(f"{MACHINE} {public}", encoding="utf-8")
    ssh_config = scratch / "ssh_config"
    ssh_config.write_text(
        f"Host {MACHINE}\n"
        f"  User root\n"
        f"  IdentityFile {key}\n"
        f"  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {known_hosts}\n"
        f"  StrictHostKeyChecking yes\n"
        f"  ControlMaster auto\n"
        f"  ControlPath {scratch}/%C\n"
        f"  ControlPersist 30\n"
        f"  LogLevel ERROR\n",
        encoding="utf-8",
    )
    return Login(key=key, ssh_config=ssh_config)


@contextmanager
def _network() -> Iterator[None]:
    peer = ["peer", "name", MACHINE_LINK, "netns", NAMESPACE]
    _ip("netns", "add", NAMESPACE)
    try:
        _ip("link", "add", HOST_LINK, "type", "veth", *peer)
        _ip("addr", "add", HOST_ADDRESS, "dev", HOST_LINK)
        _ip("link", "set", HOST_LINK, "up")
        _ip("-n", NAMESPACE, "link", "set", "lo", "up")
        _ip("-n", NAMESPACE, "addr", "add", f"{MACHINE}/30", "dev", MACHINE_LINK)
        _ip("-n", NAMESPACE, "link", "set", MACHINE_LINK, "up")
        yield
    finally:
        _remove_network()


def _remove_network() -> None:
    if Path("/sys/class/net", HOST_LINK).exists():
        _ip("link", "del", HOST_LINK)
    if Path("/run/netns", NAMESPACE).exists():
        _ip("netns", "del", NAMESPACE)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _start(root: Path, output: IO[bytes], options: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit"),
            *("--resolv-conf=off", "--console=passive"),
            # Without it systemd-networkd and nftables skip themselves (systemd 252).
            "--capability=CAP_NET_ADMIN",
            *options,
            f"--machine={NAMESPACE}",
            f"--directory={root}",
            f"--network-namespace-path=/run/netns/{NAMESPACE}",
        ],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _wait_for_ssh(
    process: subprocess.Popen[bytes], login: Login, console: Path, deadline: float
) -> None:
    start = time.monotonic()
    seen = "nothing yet"
    while time.monotonic() - start < deadline:
        if process.poll() is not None:
            msg = f"the machine halted at boot ({process.returncode}):\n{_tail(console)}"
            raise ToolError(msg)
        probe = subprocess.run(
            [
                *("ssh", "-F", login.ssh_config, "-o", "ConnectTimeout=2"),
                *("-o", "ControlPath=none", "-o", "BatchMode=yes", MACHINE, "true"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if probe.returncode == 0:
            return
        seen = probe.stderr.strip() or f"ssh ended with {probe.returncode}"
        time.sleep(_POLL_SECONDS)
    msg = f"no SSH after {deadline:.0f} s; last answer: {seen}\n{_tail(console)}"
    raise DeadlineError(msg)


def _halt(process: subprocess.Popen[bytes], log: Log) -> None:
    process.terminate()
    try:
        process.wait(_HALT_SECONDS)
    except subprocess.TimeoutExpired:
        log(f"machine: did not halt within {_HALT_SECONDS:.0f} s; killed")
        process.kill()
        process.wait()


def _wait_gone(pid: int) -> None:
    start = time.monotonic()
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() - start > _HALT_SECONDS:
            msg = f"process {pid} of an interrupted bake is still there after SIGKILL"
            raise DeadlineError(msg)
        time.sleep(_POLL_SECONDS)


def _tail(path: Path, lines: int = 20) -> str:
    return "\n".join(path.read_text("utf-8", errors="replace").splitlines()[-lines:])
