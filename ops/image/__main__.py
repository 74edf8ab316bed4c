"""``python -m ops.image bake|hash``: bake the local image, or print what it would be called."""

from __future__ import annotations

import argparse
import sys

from lakehouse.errors import LakehouseError
from lakehouse.versions import load
from ops.image.bake import ensure_local_image
from ops.image.base import host_architecture
from ops.image.inputs import collect
from toolchain.progress import Progress


def main(arguments: list[str] | None = None) -> int:
    """Run one command; errors of ours are one message and status 1."""
    parser = argparse.ArgumentParser(prog="python -m ops.image", description=__doc__)
    parser.add_argument("command", choices=["bake", "hash"])
    command = parser.parse_args(arguments).command
    try:
        if command == "hash":
            result = collect(load(), host_architecture()).content_hash
        else:
            result = ensure_local_image(Progress()).content_hash
    except LakehouseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{result}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
