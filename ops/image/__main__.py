"""``python -m ops.image COMMAND``: the machine image on this machine.

bake      bake the local image, only what changed, and print its name
prove     bake it, boot it alone and run the image tests on it
validate  check the Packer files of every way to bake, offline
prune     remove all but the newest images from the cache
hash      print what the image of this checkout is called
"""

from __future__ import annotations

import argparse
import sys
from typing import Final

from lakehouse.errors import LakehouseError
from lakehouse.versions import DEFAULT_SET, load_set, pin_files
from ops.image.bake import ensure_local_image, images_dir, layers_dir
from ops.image.base import host_architecture
from ops.image.inputs import collect
from ops.image.proofs import ARCHITECTURES
from ops.image.prove import prove
from ops.image.prune import prune
from ops.image.validate import BAKES, validate
from toolchain.progress import Log, Progress

COMMANDS: Final = ("bake", "prove", "validate", "prune", "hash")
_KEPT: Final = 3


def run(command: str, log: Log, version_set: str = DEFAULT_SET, architecture: str = "") -> str:
    """Run one of `COMMANDS` and return what it has to say."""
    if command == "hash":
        return collect(load_set(version_set), architecture or host_architecture()).content_hash
    if command == "validate":
        validate(log)
        return f"packer: valid to bake {', '.join(BAKES)}"
    if command == "prune":
        prune(images_dir(), layers_dir(), _KEPT, (), log)
        return f"image: the newest {_KEPT} are kept"
    image = ensure_local_image(log, version_set, architecture)
    if command == "prove":
        prove(image, log)
    return image.content_hash


def main(arguments: list[str] | None = None) -> int:
    """Run one command; errors of ours are one message and status 1."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.image",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--version-set", choices=[*pin_files()], default=DEFAULT_SET)
    parser.add_argument("--architecture", choices=ARCHITECTURES, default="")
    given = parser.parse_args(arguments)
    try:
        result = run(given.command, Progress(), given.version_set, given.architecture)
    except LakehouseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{result}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
