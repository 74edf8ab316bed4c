"""Making an image's bill of materials from its layers, and keeping it beside the image."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lakehouse.versions import Versions, load_set
from ops.image import inventory, mounts, sbom
from ops.image.component import Component
from ops.image.layer import workspace
from toolchain.cache import locked
from toolchain.progress import Log

NAME: Final = "sbom.json"


def store(folder: Path, manifest: Mapping[str, Any], versions: Versions, log: Log) -> None:
    """Write the bill of the image whose layers lie in `folder`. The lock `image` is held."""
    layers = [folder / name for name in manifest["layers"]]
    document = sbom.build(_scan(layers, versions, str(manifest["architecture"])), manifest)
    partial = folder / f".{NAME}.partial"
    partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    partial.rename(folder / NAME)
    log(f"bill of materials: {sbom.summary(document)}")


def read(folder: Path, manifest: Mapping[str, Any], log: Log) -> dict[str, Any]:
    """The bill of the image in `folder`; made now if the image is older than bills."""
    if not (folder / NAME).is_file():
        with locked("image", log):
            store(folder, manifest, load_set(manifest["version_set"]), log)
    document: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
    return document


def hash_of(folder: Path) -> str:
    """SHA-256 of the bill in the folder of an image; empty if there is none."""
    path = folder / NAME
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _scan(layers: Sequence[Path], versions: Versions, architecture: str) -> list[Component]:
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(workspace())
        lowers = [
            stack.enter_context(mounts.squashfs(layer, work / f"lower{number}"))
            for number, layer in enumerate(layers)
        ]
        upper = work / "upper"
        root = stack.enter_context(mounts.overlay(lowers, upper, work / "overlay", work / "root"))
        return [
            *inventory.debian_packages(root),
            *inventory.python_packages(root, versions, architecture),
            *inventory.jars(inventory.jar_files(root), versions),
        ]
