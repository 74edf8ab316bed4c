"""`python -m benchmarks.interruption`: the soak, and the page about it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.interruption import command
from lakehouse.errors import LakehouseError
from ops.access import open_access
from ops.chaos_command import add_soak_arguments
from ops.context import open_context
from ops.redact import Redactor


def main(argv: Sequence[str] | None = None) -> int:
    """Returns 1 if anything failed, was wrong or does not add up."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.interruption", description=__doc__)
    parser.add_argument("--stack", default="local", help="Pulumi stack (default: %(default)s)")
    parser.add_argument("--cloud", default="", help="name of the local cloud")
    parser.add_argument("--ssh-key", type=Path, help="private key for the machines")
    parser.add_argument("--known-hosts", type=Path, help="file with the machines' host keys")
    parser.add_argument("--generation", default="", help="which one (default: the one in service)")
    parser.add_argument(
        "--yes-production", action="store_true", help="also where people depend on the stack"
    )
    add_soak_arguments(parser)
    arguments = parser.parse_args(argv)
    started = time.monotonic()

    def log(text: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - started:7.1f}s] {text}\n")
        sys.stderr.flush()

    try:
        context = open_context(arguments.stack, cloud=arguments.cloud, redactor=Redactor())
        access = open_access(context, arguments.ssh_key, arguments.known_hosts)
        return command.run(context, access, arguments, log)
    except LakehouseError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
