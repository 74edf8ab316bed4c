"""Booting a server of every version set, and trying every client with it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from lakehouse.errors import ToolError
from lakehouse.versions import load_set, pin_files
from ops.connect import DOCUMENT, write_connection
from ops.context import CHECKOUT, OpsContext, open_context
from ops.image import proofs
from ops.image.bake import LocalImage, ensure_local_image
from ops.matrix import record
from ops.matrix.clients import client_python
from ops.redact import Redactor
from ops.wait import Pending, until
from toolchain.process import run
from toolchain.progress import Log

CLOUD: Final = "mr-matrix"
"""A local cloud of the matrix's own; others go on beside it."""

PORT: Final = "15802"

_CELL: Final = Path(__file__).with_name("cell.py")
_UP_DEADLINE: Final = 3600.0
"""Longer than the bake of a new image."""
_CELL_DEADLINE: Final = 1200.0
_DROP_DEADLINE: Final = 120.0


def run_matrix(
    servers: Sequence[str],
    log: Log,
    path: Path = record.RECORD,
    clients: Sequence[str] = tuple(pin_files()),
) -> record.Record:
    """Try `clients` with each of `servers`, record what came of it, and give the record.

    Raises:
        ToolError: a server did not come up; what was tried before is recorded.
    """
    pythons = {name: client_python(name, log) for name in clients}
    for server in servers:
        image = ensure_local_image(log, server)
        with _up(server, log) as context:
            cells = tuple(_cell(context, server, name, pythons[name], log) for name in clients)
        row = _row(image, cells)
        record.write(record.read(path).with_server(row), path)
        suite_hash = hashlib.sha256(_CELL.read_bytes()).hexdigest()
        proofs.keep_matrix(image, suite_hash=suite_hash, passed=not row.fault)
    return record.read(path)


def render(made: record.Record) -> str:
    """A table for a terminal."""
    lines = [
        f"{row.version_set:10} {cell.client:10} {cell.verdict:8} {cell.seconds:6.0f} s"
        + "".join(f"\n    {name}: {said}" for name, said in cell.checks.items() if said)
        for row in made.servers
        for cell in row.cells
    ]
    return "\n".join([f"{'SERVER':10} {'CLIENT':10} {'VERDICT':8} {'TIME':>6}", *lines])


@contextmanager
def _up(server: str, log: Log) -> Iterator[OpsContext]:
    environment = {**os.environ, "MILLRACE_PORT": PORT}
    # A cloud that an interrupted run left may be of the other set.
    _local("down", (), environment, log)
    try:
        _local("up", ("--version-set", server), environment, log)
        yield open_context("local", cloud=CLOUD, redactor=Redactor())
    finally:
        _local("down", (), environment, log)


def _local(action: str, options: Sequence[str], environment: dict[str, str], log: Log) -> None:
    command = [sys.executable, "-m", "ops.cli", "--cloud", CLOUD, "local", action, *options]
    run(
        command,
        what=f"matrix: local {action} {' '.join(options)}".rstrip(),
        log=log,
        environment=environment,
        directory=CHECKOUT,
        deadline=_UP_DEADLINE,
    )


def _cell(context: OpsContext, server: str, client: str, python: Path, log: Log) -> record.Cell:
    namespace = f"matrix_{uuid.uuid4().hex[:8]}"
    started = time.monotonic()
    answer = _ask(context, python, namespace)
    if not answer["refused"]:
        answer["checks"]["dropped through the account"] = _drop(context, namespace)
    cell = record.Cell(
        client=client,
        refused=answer["refused"],
        checks=answer["checks"],
        seconds=round(time.monotonic() - started, 1),
    )
    log(f"matrix: client {client} on server {server}: {cell.verdict} in {cell.seconds:.0f} s")
    return cell


def _ask(context: OpsContext, python: Path, namespace: str) -> dict[str, Any]:
    folder = context.state.directory / "matrix" if context.state else CHECKOUT
    write_connection(context, "", folder)
    (document,) = folder.glob(f"*/{DOCUMENT}")
    done = subprocess.run(
        [python, _CELL, document, namespace],
        env=_client_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_CELL_DEADLINE,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stderr.splitlines()[-12:])
        msg = f"the client ended with {done.returncode} before it could say what it tried:\n{tail}"
        raise ToolError(msg)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _client_environment() -> dict[str, str]:
    """A user's shell: nothing of this checkout's environment but the client package."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(CHECKOUT / "client"), "PYTHONDONTWRITEBYTECODE": "1"}


def _drop(context: OpsContext, namespace: str) -> str:
    """Delete the cell's tables by the account's API, as an operator does. Empty if that worked."""
    client = context.account.client("s3tables")
    where = {"tableBucketARN": context.outputs.catalogs[0].warehouse, "namespace": namespace}

    def empty() -> bool | Pending:
        pages = client.get_paginator("list_tables").paginate(**where)
        names = [table["name"] for page in pages for table in page["tables"]]
        for name in names:
            client.delete_table(**where, name=name)
        return Pending(f"{len(names)} tables") if names else True

    with context.inside():
        until(empty, deadline=_DROP_DEADLINE, describe=f"namespace {namespace} to be empty")
        client.delete_namespace(**where)
    return ""


def _row(image: LocalImage, cells: tuple[record.Cell, ...]) -> record.ServerRecord:
    return record.ServerRecord(
        version_set=image.version_set,
        components=load_set(image.version_set).versions,
        pins=record.pins_of(image.version_set),
        content_hash=image.content_hash,
        architecture=image.architecture,
        time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        cells=cells,
    )
