"""Taking everything of the baked machine out of a file tree, after the machine has halted.

The role `image_hygiene` does the same while the machine still runs, which is all that an AMI
can have; a halting machine writes once more, so a local tree is swept again. Both read one list.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from ops.image.inputs import REPOSITORY

_LIST: Final = Path("ansible/roles/image_hygiene/defaults/main.yml")

OF_THE_BAKE: Final = ("/root/.ssh",)
"""What the bake itself put into the tree to be able to log in."""


def seal(root: Path, repository: Path = REPOSITORY) -> None:
    """Remove and empty what the hygiene role lists, below `root`."""
    lists = yaml.safe_load((repository / _LIST).read_text(encoding="utf-8"))
    for pattern in [*lists["image_hygiene_removed"], *OF_THE_BAKE]:
        for path in list(_matches(root, pattern)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    for name in lists["image_hygiene_emptied"]:
        path = root / name.lstrip("/")
        if path.is_file() and path.stat().st_size:
            path.chmod(0o644)
            path.write_bytes(b"")


def _matches(root: Path, pattern: str) -> Iterator[Path]:
    return root.glob(pattern.lstrip("/"))
