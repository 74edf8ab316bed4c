"""Booting a finished image once, alone, and running the image tests on it."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse.errors import PreflightError
from ops.image import machine, mounts
from ops.image.again import run_again
from ops.image.bake import LocalImage
from ops.image.emulation import is_emulated
from ops.image.inputs import REPOSITORY
from ops.image.layer import workspace
from ops.image.suite import booted_tests
from toolchain.cache import locked
from toolchain.process import run
from toolchain.progress import Log


@contextmanager
def running(image: LocalImage, log: Log) -> Iterator[machine.Login]:
    """A machine of `image`, with nothing around it: no metadata service, no names, no routes."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked("image", log))
        work = stack.enter_context(workspace())
        lowers = [
            stack.enter_context(mounts.squashfs(layer, work / f"lower{number}"))
            for number, layer in enumerate(image.layers)
        ]
        upper = work / "upper"
        root = stack.enter_context(mounts.overlay(lowers, upper, work / "overlay", work / "root"))
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="mr-bake-"))
        (work / "scratch").symlink_to(scratch)
        yield stack.enter_context(machine.booted(root, Path(scratch), log))


def prove(image: LocalImage, log: Log) -> None:
    """Run every image test that a booted machine can answer, and the roles once more.

    Raises:
        PreflightError: the image is for other machines.
        ToolError: a test failed, or a role changed something.
    """
    if is_emulated(image.architecture):
        msg = (
            f"image {image.content_hash[:12]} is for {image.architecture}: under emulation a "
            "machine has no firewall, so what boots here proves nothing; prove the AMI on an "
            "instance: `lakehouse --stack <stack> image prove <image>`"
        )
        raise PreflightError(msg)
    with running(image, log) as login:
        log("image: booted; testing")
        run_suite(login.ssh_config, machine.MACHINE, image.version_set, log)
        run_again(image, login, log)


def run_suite(ssh_config: Path, address: str, version_set: str, log: Log) -> None:
    """Run every image test that a booted machine can answer, over SSH.

    Raises:
        ToolError: a test failed; carries what pytest said last.
    """
    output = run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *booted_tests(),
            *(f"--ssh-config={ssh_config}", f"--hosts=ssh://root@{address}"),
            f"--version-set={version_set}",
        ],
        what="image: tests on a booted machine",
        log=log,
        directory=REPOSITORY,
    )
    log(f"image: {output.strip().splitlines()[-1]}")
