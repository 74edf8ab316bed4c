"""What this machine needs to bake, checked before anything is touched."""

from __future__ import annotations

import os
import shutil
from typing import Final

from lakehouse.errors import PreflightError

PROGRAMS: Final = {
    "apt-config": "apt",
    "dpkg": "dpkg",
    "ip": "iproute2",
    "mksquashfs": "squashfs-tools",
    "mmdebstrap": "mmdebstrap",
    "mvn": "maven",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "systemd-nspawn": "systemd-container",
}
"""Program -> Debian package that brings it."""


def check() -> None:
    """Raise one error that names everything missing."""
    findings = []
    if os.geteuid() != 0:
        findings.append("baking mounts and boots a machine: run it as root")
    missing = sorted({PROGRAMS[name] for name in PROGRAMS if shutil.which(name) is None})
    if missing:
        findings.append(f"install Debian packages: apt-get install {' '.join(missing)}")
    if findings:
        msg = "this machine cannot bake an image:\n" + "\n".join(f"  - {f}" for f in findings)
        raise PreflightError(msg)
