"""The lowest layer: Debian with the packages that the roles ask for, in a plain folder.

The host's own apt sources and settings are used, and none of them stays in the image.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from lakehouse.versions import Versions
from toolchain.process import run
from toolchain.progress import Log

_SOURCES: Final = (Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d/debian.sources"))
_HOST_SETTINGS: Final = ("Acquire::http::Proxy", "Acquire::https", "Acquire::Check-Valid-Until")
_NOT_ON_A_MACHINE: Final = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")
_DEADLINE_SECONDS: Final = 3600.0
"""Under emulation, on a busy machine; natively it takes a minute."""


def host_architecture() -> str:
    """Debian's name of this machine's architecture."""
    command = ["dpkg", "--print-architecture"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def make_base(
    root: Path, packages: tuple[str, ...], versions: Versions, architecture: str, log: Log
) -> None:
    """Fill `root`, which must not exist, with a Debian that can be booted."""
    options = [f"--architectures={architecture}"]
    options += ['--aptopt=APT::Install-Recommends "false"']
    options += [f"--aptopt={setting}" for setting in _host_apt_settings()]
    options += [f"--dpkgopt=path-exclude={path}" for path in _NOT_ON_A_MACHINE]
    options += ["--dpkgopt=path-include=/usr/share/doc/*/copyright"]
    # Java registers manual pages; without the folder its installation fails (Debian 863199).
    options += ['--essential-hook=mkdir -p "$1/usr/share/man/man1"']
    run(
        [
            *("mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory"),
            *options,
            f"--include={','.join(packages)}",
            versions.debian,
            root,
            *_host_sources(versions.debian),
        ],
        what=f"base: Debian {versions.debian} for {architecture} with {len(packages)} packages",
        log=log,
        deadline=_DEADLINE_SECONDS,
    )
    _forget_the_host(root)


def _host_sources(release: str) -> list[Path]:
    """The host's sources if it runs `release` itself; mmdebstrap's own choice if not."""
    os_release = Path("/etc/os-release").read_text(encoding="utf-8")
    if f"VERSION_CODENAME={release}" not in os_release.splitlines():
        return []
    return [path for path in _SOURCES if path.is_file()]


def _host_apt_settings() -> list[str]:
    command = ["apt-config", "dump", *_HOST_SETTINGS]
    dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line for line in dump.splitlines() if line and not line.endswith('"";')]


def _forget_the_host(root: Path) -> None:
    # Machines are replaced, never patched in place; and the host's mirror may be private.
    (root / "etc/apt/sources.list").unlink(missing_ok=True)
    shutil.rmtree(root / "etc/apt/sources.list.d")
    (root / "etc/apt/sources.list.d").mkdir()
    (root / "etc/hostname").write_text("localhost\n", encoding="utf-8")
    resolver = root / "etc/resolv.conf"
    resolver.unlink(missing_ok=True)
    resolver.symlink_to("../run/systemd/resolve/stub-resolv.conf")
