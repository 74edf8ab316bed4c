"""`python3 -m node.scratch`: local disks of the machine, wiped at boot, for Spark's shuffle files.

Instance types with a `d` (m7gd, r6gd ...) have NVMe disks of their own beside the EBS root. They
are faster than any volume, cost nothing more, and what is on them is gone with the machine:
right for shuffle and spill. Types without them change nothing.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node import files, journal, paths
from node.errors import NodeError

LOG: Final = logging.getLogger("node.scratch")

MODEL: Final = "Amazon EC2 NVMe Instance Storage"
"""What Nitro calls a local disk; an EBS volume is `Amazon Elastic Block Store` (EC2 user guide,
"Identify instance store volumes")."""

SECONDS: Final = 120
"""For one disk: making the file system takes about a second on any size, as nothing is zeroed."""

Run = Callable[[Sequence[str]], None]


@dataclass(frozen=True, kw_only=True)
class Disk:
    """A block device of the machine."""

    device: Path
    model: str
    used: bool
    """Whether it is mounted or has partitions: such a one is never touched."""


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """A disk that becomes scratch space, and where."""

    device: Path
    directory: Path


def plan(disks: Sequence[Disk]) -> list[Scratch]:
    """Every local disk that nobody uses, in the order of their names. A volume never."""
    local = sorted(
        (each for each in disks if each.model == MODEL),
        key=lambda each: (len(each.device.name), each.device.name),
    )
    return [
        Scratch(device=each.device, directory=paths.SCRATCH / str(number))
        for number, each in enumerate(local)
        if not each.used
    ]


def commands(scratch: Scratch) -> list[list[str]]:
    """Wipe, and mount. No journal: after a crash it is made anew, not repaired."""
    return [
        [
            "mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal",
            "-E", "lazy_itable_init=1,nodiscard", str(scratch.device),
        ],
        [
            "mount", "-t", "ext4", "-o", "noatime,nodev,nosuid",
            str(scratch.device), str(scratch.directory),
        ],
    ]  # fmt: skip


def disks(root: Path = Path("/")) -> list[Disk]:
    """The machine's NVMe disks; `root` is for tests."""
    try:
        mounted = (root / "proc/mounts").read_text(encoding="utf-8").split()
    except OSError as error:
        msg = f"/proc/mounts tells no mounts, so no disk is known to be free: {error}"
        raise NodeError(msg) from error
    found = []
    for block in sorted((root / "sys/block").glob("nvme*n*")):
        device = Path("/dev") / block.name
        partitions = any(block.glob(f"{block.name}p*"))
        in_use = any(each == str(device) or each.startswith(f"{device}p") for each in mounted)
        try:
            model = (block / "device/model").read_text(encoding="utf-8").strip()
        except OSError:
            # A device that is just going away, or no disk: its model says what it is, or nothing.
            model = ""
        found.append(Disk(device=device, model=model, used=partitions or in_use))
    return found


def prepare(scratch: Scratch, run: Run) -> Path:
    """Make it, for Spark's user alone. Returns the directory.

    Raises:
        NodeError: a command failed; the machine works without this disk.
    """
    files.ensure_directory(files.RenderedDirectory(path=scratch.directory.parent, mode=0o755))
    files.ensure_directory(files.RenderedDirectory(path=scratch.directory, mode=0o755))
    for each in commands(scratch):
        run(each)
    # The file system's own top directory, which is root's after mkfs.
    files.ensure_directory(
        files.RenderedDirectory(path=scratch.directory, owner=paths.SPARK_USER, mode=0o750)
    )
    return scratch.directory


def run(command: Sequence[str]) -> None:
    """Run a program of the system.

    Raises:
        NodeError: it failed or hung; carries what it said.
    """
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.CalledProcessError as error:
        msg = f"{' '.join(command)} ended with {error.returncode}: {error.stderr.strip()}"
        raise NodeError(msg) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"{' '.join(command)}: {error}"
        raise NodeError(msg) from error


def directories(path: Path = paths.SCRATCH_STATE) -> tuple[Path, ...]:
    """Where scratch space is; empty on a machine without local disks."""
    try:
        return tuple(Path(each) for each in json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError) as error:
        LOG.warning("%s is no list of directories, so the root volume is used: %s", path, error)
        return ()


def main() -> int:
    """Prepare what there is. A disk that fails is told and left out: the root volume is there."""
    journal.configure()
    ready = list(directories())
    try:
        wanted = plan(disks())
    except NodeError as error:
        LOG.warning("%s", error)
        return 0
    for each in wanted:
        try:
            ready.append(prepare(each, run))
            LOG.info("%s is scratch space at %s", each.device, each.directory)
        except (NodeError, OSError) as error:
            LOG.warning("%s stays unused: %s", each.device, error)
    paths.SCRATCH_STATE.write_text(json.dumps([str(each) for each in ready]), encoding="utf-8")
    if not ready:
        LOG.info("no local disk: shuffle files are on the root volume")
    return 0


if __name__ == "__main__":
    sys.exit(main())
