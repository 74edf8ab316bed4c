"""Writes the reference pages that are generated from the code: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

from lakehouse.reference import config_page
from ops.matrix.page import version_sets_page
from toolchain.progress import Progress

ROOT = Path(__file__).parents[1]
PAGES = {
    "docs/reference/config.md": config_page,
    "docs/reference/version-sets.md": version_sets_page,
}


def main() -> int:
    """Write every page; says which changed."""
    log = Progress()
    for name, render in PAGES.items():
        path = ROOT / name
        text = render()
        changed = not path.exists() or path.read_text() != text
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        log(f"{name}: {'written anew' if changed else 'unchanged'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
