"""What tells two baked images apart: names in, a table or JSON out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from lakehouse.errors import LakehouseError
from ops.image import bill, sbom
from ops.image.bake import images_dir
from ops.image.component import Component
from ops.image.difference import as_json, as_text, compare
from ops.image.prune import MANIFEST
from toolchain.progress import Log

SHORT: Final = 12
"""Digits of a content hash that people are shown."""


def diff(before: str, after: str, log: Log, *, machine_readable: bool = False) -> str:
    """Compare the images whose content hashes start with `before` and `after`."""
    folders = [folder_of(before), folder_of(after)]
    old, new = (_components(folder, log) for folder in folders)
    found = compare(old, new)
    if machine_readable:
        return json.dumps(as_json(found), indent=2)
    names = [folder.name[:SHORT] for folder in folders]
    return f"{names[0]} -> {names[1]}: {len(found)} differences\n{as_text(found)}"


def folder_of(prefix: str) -> Path:
    """The one image in the cache whose content hash starts with `prefix`.

    Raises:
        LakehouseError: there is none, or there are several.
    """
    hashes = sorted(path.parent.name for path in images_dir().glob(f"*/{MANIFEST}"))
    matching = [name for name in hashes if prefix and name.startswith(prefix)]
    if len(matching) != 1:
        what = f"{len(matching)} images start" if matching else "no image starts"
        known = ", ".join(name[:SHORT] for name in hashes) or "none; `lakehouse image bake`"
        msg = f"{what} with {prefix!r}; an image is named by the start of its content hash: {known}"
        raise LakehouseError(msg)
    return images_dir() / matching[0]


def _components(folder: Path, log: Log) -> list[Component]:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return sbom.parse(bill.read(folder, manifest, log))
