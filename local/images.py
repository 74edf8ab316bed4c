"""Baked images: found in the cache by content hash, each layer mounted once.

A layer is a squashfs file on a loop device that frees itself when unmounted, so an image that
no machine uses leaves nothing behind.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lakehouse.errors import ContractError
from local import mounts
from local.paths import CloudPaths
from toolchain.cache import cache_dir

_ARCHITECTURES: Final = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Image:
    """One baked image: its layers lie over one another, the lowest first."""

    content_hash: str
    layers: tuple[Path, ...]


def find(content_hash: str, cache: Path | None = None) -> Image:
    """The image of that hash.

    Raises:
        ContractError: not in the cache, incomplete, or for another kind of processor.
    """
    directory = (cache or cache_dir()) / "images" / content_hash
    document = directory / "image.json"
    try:
        raw = json.loads(document.read_text())
    except (OSError, ValueError) as error:
        msg = f"image {content_hash} is not in the cache ({error}); bake it with `make image`"
        raise ContractError(msg) from error
    names = raw.get("layers") or ["root.squashfs"]
    layers = tuple(directory / name for name in names)
    if missing := [str(layer) for layer in layers if not layer.is_file()]:
        msg = f"image {content_hash} lacks {', '.join(missing)}; bake it anew with `make image`"
        raise ContractError(msg)
    architecture = raw.get("architecture")
    if architecture and _machine(architecture) != platform.machine():
        msg = (
            f"image {content_hash} is for {architecture}, this machine is {platform.machine()}; "
            "bake one here with `make image`"
        )
        raise ContractError(msg)
    return Image(content_hash, layers)


def mount(paths: CloudPaths, image: Image) -> list[Path]:
    """Mount every layer that is not mounted yet; the mount points, lowest first."""
    base = paths.images / image.content_hash
    targets = [base / str(number) for number in range(len(image.layers))]
    have = set(mounts.mount_points())
    for target, layer in zip(targets, image.layers, strict=True):
        if target not in have:
            mounts.mount(target, source=layer, kind="squashfs", options=["loop", "ro"])
    return targets


def unmount_unused(paths: CloudPaths, used: Iterable[str]) -> None:
    """Release the layers of images that no machine is made from any more."""
    keep = {paths.images / content_hash for content_hash in used}
    for target in mounts.below(paths.images):
        if target.parent not in keep:
            mounts.unmount(target)


def _machine(architecture: str) -> str:
    return _ARCHITECTURES.get(architecture, architecture)
