"""The plugin's process: serve, print the port, end with the engine."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from concurrent import futures
from pathlib import Path
from typing import Any, Final

import grpc
from pulumi.runtime.proto import provider_pb2_grpc as pb_grpc

from toolchain.awsplugin.assets import AssetStore
from toolchain.awsplugin.bindings import Bindings, identity
from toolchain.awsplugin.provider import Provider
from toolchain.awsplugin.terraform import UNLIMITED, Terraform
from toolchain.cache import cache_dir

# Nearly every call waits for AWS, so threads cost little; --parallel sets how many are used.
_WORKERS: Final = 64
_BINARY: Final = "TF_AWS_PROVIDER"


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="pulumi-resource-aws", description=__doc__)
    parser.add_argument("engine", nargs="?", default="", help="address of the engine")
    # The engine adds options of its own (tracing, log levels), none of which apply here.
    arguments, _ = parser.parse_known_args()
    named = os.environ.get(_BINARY, "")
    binary = Path(named)
    if not binary.is_file():
        sys.stderr.write(
            f"{_BINARY}={named!r} is not a file: it must name the terraform-provider-aws "
            "binary; `python -m toolchain ensure` arranges that\n"
        )
        return 1
    serve(binary, arguments.engine)
    return 0


def serve(binary: Path, engine: str) -> None:
    """Serve on a free port of the loopback and print it."""
    terraform = Terraform(binary)
    home = cache_dir() / "awsplugin"
    bindings = Bindings(terraform, home / identity(binary))
    provider = Provider(terraform, bindings, AssetStore(home / "assets", Path.cwd()))
    if engine:
        provider.attach(engine)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=_WORKERS), options=UNLIMITED)
    pb_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()

    def end(_signal: int, _frame: Any) -> None:
        terraform.close()
        server.stop(grace=None)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()
    terraform.close()


if __name__ == "__main__":
    sys.exit(main())
