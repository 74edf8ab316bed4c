"""Baking one layer: a machine over the layers below, Packer, proof, and a squashfs of the rest."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from lakehouse.versions import pin_file
from ops.image import machine, mounts
from ops.image.inputs import REPOSITORY
from ops.image.seal import seal
from toolchain.cache import cache_dir
from toolchain.packer_kit import packer_kit
from toolchain.process import run
from toolchain.progress import Log

_PACKER_DEADLINE_SECONDS: Final = 1800.0
_EMULATED_DEADLINE_SECONDS: Final = 14_400.0
_ZSTD_LEVEL: Final = "6"

EMULATED: Final = "MILLRACE_EMULATED"
"""Tells the image tests that the machine's processor is emulated; the kernel is the host's."""

Playbook = Literal["runtime", "startup", "project"]

TESTS: Final[Mapping[Playbook, tuple[str, ...]]] = {
    "runtime": ("test_runtime.py", "test_query.py"),
    "startup": ("test_startup.py",),
    "project": ("test_base.py", "test_node.py"),
}
"""Which image tests prove which layer over the build's connection."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What Packer is told, apart from where the machine is."""

    version_set: str
    content_hash: str
    emulated: bool
    """Whether the machine's processor is emulated."""
    artefact_dir: Path
    millrace_jar: Path


@contextmanager
def workspace() -> Iterator[Path]:
    """An empty folder on the cache's disk; what an interrupted bake left is removed first."""
    folder = cache_dir() / "bake"
    _sweep(folder)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        _sweep(folder)


def bake_layer(
    layer: Playbook,
    recipe: Recipe,
    below: Sequence[Path],
    work: Path,
    target: Path,
    log: Log,
) -> None:
    """Install `recipe` on a machine over `below` and write what it added to `target`."""
    with contextlib.ExitStack() as stack:
        lowers = [
            stack.enter_context(mounts.squashfs(image, work / f"lower{number}"))
            for number, image in enumerate(below)
        ]
        upper = work / "upper"
        root = stack.enter_context(mounts.overlay(lowers, upper, work / "overlay", work / "root"))
        # Short, because a control socket's path may have 108 bytes.
        with tempfile.TemporaryDirectory(prefix="mr-bake-") as scratch:
            (work / "scratch").symlink_to(scratch)
            with machine.booted(root, Path(scratch), log, emulated=recipe.emulated) as login:
                log(f"{layer}: machine answers; installing")
                _packer(layer, recipe, login, log)
        seal(root)
        _prove_sealed(root, log)
        start = time.monotonic()
        stack.close()
        compress(upper, target)
        size = target.stat().st_size / 1e6
        log(f"{layer}: {size:.0f} MB squashed in {time.monotonic() - start:.1f} s")


def compress(folder: Path, target: Path) -> None:
    """Write `folder` as a squashfs file; whole or not at all."""
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    run(
        [
            *("mksquashfs", folder, partial, "-comp", "zstd", "-Xcompression-level", _ZSTD_LEVEL),
            *("-noappend", "-quiet", "-no-progress", "-xattrs"),
        ],
        what=f"{target.name}: mksquashfs",
        log=lambda _: None,
    )
    partial.rename(target)


def _packer(layer: Playbook, recipe: Recipe, login: machine.Login, log: Log) -> None:
    kit = packer_kit(log)
    pins = pin_file(recipe.version_set)
    variables = {
        "playbook": layer,
        "pin_file": pins.name,
        "image_tests": json.dumps(TESTS[layer]),
        "content_hash": recipe.content_hash,
        "artefact_dir": str(recipe.artefact_dir),
        "millrace_jar": str(recipe.millrace_jar),
        "python": sys.executable,
        "ansible_playbook": str(Path(sys.executable).with_name("ansible-playbook")),
        "machine_host": machine.MACHINE,
        "ssh_private_key_file": str(login.key),
        "ssh_config": str(login.ssh_config),
    }
    words = [word for key, value in variables.items() for word in ("-var", f"{key}={value}")]
    output = run(
        [
            *(kit.packer, "build", "-color=false", "-only=image.null.machine"),
            f"-var-file={pins}",
            *words,
            REPOSITORY / "packer",
        ],
        what=f"{layer}: packer build",
        log=log,
        environment={**kit.environment(), EMULATED: "1" if recipe.emulated else ""},
        directory=REPOSITORY,
        deadline=_EMULATED_DEADLINE_SECONDS if recipe.emulated else _PACKER_DEADLINE_SECONDS,
    )
    if os.environ.get("MILLRACE_VERBOSE"):
        log(output)


def _prove_sealed(root: Path, log: Log) -> None:
    run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "install"),
            "tests/image/test_hygiene.py",
            *("--connection=chroot", f"--hosts={root}"),
        ],
        what="hygiene: image tests",
        log=log,
        directory=REPOSITORY,
    )


def _sweep(folder: Path) -> None:
    scratch = folder / "scratch"
    machine.sweep(scratch)
    mounts.sweep(folder)
    if scratch.is_symlink():
        shutil.rmtree(scratch.readlink(), ignore_errors=True)
    if folder.exists():
        shutil.rmtree(folder)
