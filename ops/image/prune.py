"""Freeing the cache of images that are no longer wanted."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from toolchain.cache import locked
from toolchain.progress import Log

MANIFEST = "image.json"


def prune(images: Path, layers: Path, keep: int, used: Collection[str], log: Log) -> None:
    """Remove all but the newest `keep` images and those `used`, then layers without an image."""
    with locked("image", log):
        manifests = sorted(images.glob(f"*/{MANIFEST}"), key=lambda path: path.stat().st_mtime)
        for manifest in manifests[: max(0, len(manifests) - keep)]:
            if manifest.parent.name not in used:
                log(f"image: removing {manifest.parent.name[:12]}")
                manifest.unlink()
                shutil.rmtree(manifest.parent)
        drop_orphans(layers, keep=())


def drop_orphans(layers: Path, keep: Collection[Path]) -> None:
    """Remove layers that no image holds a link to, such as those of bakes that failed."""
    for layer in layers.glob("*.squashfs"):
        if layer.stat().st_nlink == 1 and layer not in keep:
            layer.unlink()
            layer.with_suffix(".suite").unlink(missing_ok=True)
