"""``python -m ops.image bake|prove|hash``: bake the local image, boot and test it, or name it."""

from __future__ import annotations

import argparse
import sys

from lakehouse.errors import LakehouseError
from lakehouse.versions import load
from ops.image.bake import ensure_local_image
from ops.image.base import host_architecture
from ops.image.inputs import collect
from ops.image.prove import prove
from toolchain.progress import Progress


def main(arguments: list[str] | None = None) -> int:
    """Run one command; errors of ours are one message and status 1."""
    parser = argparse.ArgumentParser(prog="python -m ops.image", description=__doc__)
    parser.add_argument("command", choices=["bake", "hash", "prove"])
    command = parser.parse_args(arguments).command
    try:
        if command == "hash":
            result = collect(load(), host_architecture()).content_hash
        else:
            log = Progress()
            image = ensure_local_image(log)
            if command == "prove":
                prove(image, log)
            result = image.content_hash
    except LakehouseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{result}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
