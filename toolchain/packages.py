"""The Debian packages that a host of the local cloud needs: checked, and installed if missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lakehouse.errors import LakehouseError, PreflightError
from toolchain.process import run
from toolchain.progress import Log

_SYSTEM_PATH: Final = f"{os.defpath}:/usr/local/sbin:/usr/sbin:/sbin"
_INSTALL_DEADLINE_SECONDS: Final = 900.0


@dataclass(frozen=True)
class Package:
    """One package, the program of it that this project starts, and what for."""

    name: str
    program: str
    purpose: str


HOST: Final = (
    Package("systemd-container", "systemd-nspawn", "the machines of the local cloud"),
    Package("mmdebstrap", "mmdebstrap", "the machine image's base"),
    Package("arch-test", "arch-test", "asked by mmdebstrap which architectures run here"),
    Package("squashfs-tools", "mksquashfs", "the machine image as one file"),
    Package("dnsmasq-base", "dnsmasq", "addresses and names inside the emulated VPC"),
    Package("haproxy", "haproxy", "the emulated network load balancer"),
    Package("nftables", "nft", "security groups between the machines"),
    Package("iproute2", "ip", "the emulated network"),
    Package("openssh-client", "ssh", "`lakehouse ssh` and the image's provisioning"),
    Package("git", "git", "the version in an image's manifest"),
    Package("make", "make", "the project's commands"),
    Package("ca-certificates", "update-ca-certificates", "package registries over TLS"),
    Package("python3-venv", "", "a Python environment for Go from PyPI"),
)
"""What running the local cloud takes."""

JVM: Final = (
    Package("maven", "mvn", "the Spark catalog's jar"),
    Package("openjdk-17-jdk-headless", "javac", "the Spark catalog's jar"),
)
"""What building the jar takes besides."""

EMULATION: Final = (
    Package("qemu-user-static", "qemu-aarch64-static", "programs of another architecture"),
    Package("arch-test", "arch-test", "asked by mmdebstrap which architectures run here"),
)
"""What an image for another architecture takes besides."""


def ensure_packages(log: Log, wanted: Sequence[Package] = (*HOST, *JVM)) -> list[str]:
    """Install what is missing with apt, and return the names of what was."""
    missing = find_missing(wanted)
    if not missing:
        return []
    names = [package.name for package in missing]
    _require_apt(missing)
    log(f"packages: installing {' '.join(names)}")
    _apt(log, ["update"], names)
    _apt(log, ["install", "--yes", "--no-install-recommends", *names], names)
    still = [package.name for package in find_missing(wanted)]
    if still:
        msg = f"apt installed {' '.join(names)} but dpkg still has no {' '.join(still)}"
        raise PreflightError(msg)
    return names


def find_missing(wanted: Sequence[Package]) -> list[Package]:
    """Those that dpkg has not installed; without dpkg, those whose program is nowhere."""
    if shutil.which("dpkg-query") is None:
        path = f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}"
        named = [package for package in wanted if package.program]
        return [package for package in named if shutil.which(package.program, path=path) is None]
    query = ["dpkg-query", "--show", "--showformat=${Package}\\t${db:Status-Status}\\n"]
    # Ends with 1 when it does not know a name, and still prints the others.
    answer = subprocess.run(
        [*query, *(package.name for package in wanted)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    there = parse_dpkg(answer.stdout)
    return [package for package in wanted if package.name not in there]


def parse_dpkg(listing: str) -> set[str]:
    """The names that a ``name<TAB>status`` listing calls installed."""
    rows = (line.split("\t") for line in listing.splitlines() if "\t" in line)
    return {name for name, status in rows if status == "installed"}


def _require_apt(missing: Sequence[Package]) -> None:
    names = " ".join(package.name for package in missing)
    if shutil.which("apt-get") is None:
        needs = "\n".join(f"  {p.program or p.name}: {p.purpose}" for p in missing)
        msg = (
            "this machine is no Debian and lacks programs that the local cloud starts; install"
            f" what has them:\n{needs}"
        )
        raise PreflightError(msg)
    if os.geteuid() != 0:
        msg = (
            f"packages missing: {names}; only root may install them:\n"
            f"  sudo apt-get update && sudo apt-get install --no-install-recommends {names}"
        )
        raise PreflightError(msg)


def _apt(log: Log, arguments: Sequence[str], names: Sequence[str]) -> None:
    options = ["-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3", "--quiet"]
    try:
        run(
            ["apt-get", *options, *arguments],
            what=f"apt-get {arguments[0]}",
            log=log,
            environment={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
            deadline=_INSTALL_DEADLINE_SECONDS,
        )
    except LakehouseError as error:
        msg = (
            f"packages missing: {' '.join(names)}, and apt could not bring them; is the package"
            f" registry of /etc/apt/sources.list* reachable?\n{error}"
        )
        raise PreflightError(msg) from error
