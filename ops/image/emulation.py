"""Running programs of another architecture here: QEMU's user-mode emulation, while it is needed.

The kernel is told which interpreter opens such programs (binfmt_misc), by the line that Debian's
package has for systemd-binfmt; so no systemd is needed on this host. The line's flag F lets the
kernel hold the interpreter itself, so that it works in a file tree that does not have it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lakehouse.errors import PreflightError
from ops.image.base import host_architecture
from toolchain.packages import EMULATION, ensure_packages
from toolchain.progress import Log

REGISTRY: Final = Path("/proc/sys/fs/binfmt_misc")
_LINES: Final = Path("/usr/lib/binfmt.d")
_NAMES: Final = {"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"}


def is_emulated(architecture: str) -> bool:
    """Whether this machine runs programs of that architecture by emulation only."""
    return architecture != host_architecture()


@contextmanager
def runnable(architecture: str, log: Log) -> Iterator[None]:
    """Within it, this machine runs programs of that architecture; afterwards it is as before.

    Raises:
        PreflightError: it cannot be made to; says why.
    """
    if not is_emulated(architecture):
        yield
        return
    ensure_packages(log, EMULATION)
    with _mounted(), _registered(_NAMES[architecture]):
        test = ["arch-test", architecture]
        if subprocess.run(test, capture_output=True, check=False).returncode:
            msg = f"QEMU is registered for {architecture}, and `arch-test {architecture}` fails"
            raise PreflightError(msg)
        log(f"emulation: {architecture} runs here, many times slower than on its own machines")
        yield


@contextmanager
def _mounted() -> Iterator[None]:
    if (REGISTRY / "register").exists():
        yield
        return
    mount = ["mount", "-t", "binfmt_misc", "binfmt_misc", str(REGISTRY)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = (
            f"this kernel gives no binfmt_misc ({done.stderr.strip()}): it cannot run programs of "
            "another architecture; bake on a machine of that architecture"
        )
        raise PreflightError(msg)
    try:
        yield
    finally:
        subprocess.run(["umount", str(REGISTRY)], check=True)


@contextmanager
def _registered(name: str) -> Iterator[None]:
    entry = REGISTRY / name
    if entry.exists():
        yield
        return
    line = (_LINES / f"{name}.conf").read_text(encoding="ascii").strip()
    if "F" not in line.rpartition(":")[2]:
        msg = f"{_LINES / name}.conf has no flag F; Debian 12's qemu-user-static does"
        raise PreflightError(msg)
    (REGISTRY / "register").write_text(line, encoding="ascii")
    try:
        yield
    finally:
        entry.write_text("-1", encoding="ascii")
