"""What came of the matrix, kept in the repository: which set may be promoted rests on it.

The record is of pins, not of an image: an AMI that is baked elsewhere from the same pins is the
same combination of versions. It is written by a run and read by `promote`, by the generated page
and by a test that wants it to be of the pins as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lakehouse.errors import ContractError
from lakehouse.versions import load_set, pin_file, pin_files
from ops.context import CHECKOUT

RECORD: Final = CHECKOUT / "docs" / "reference" / "matrix.json"

Verdict = Literal["passed", "failed", "refused"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cell(_Model):
    """One client tried with one server."""

    client: str
    """Version set of the client."""
    refused: str = ""
    """The client package's own words, when it would not talk to this server."""
    checks: dict[str, str] = {}
    """What was tried -> empty, or how it failed."""
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """In one word."""
        if self.refused:
            return "refused"
        return "passed" if self.checks and not any(self.checks.values()) else "failed"


class ServerRecord(_Model):
    """Every client with the server of one version set."""

    version_set: str
    components: dict[str, str]
    """Component -> version, of the server."""
    pins: str
    """SHA-256 of the pin file it was baked from."""
    content_hash: str
    architecture: str
    time: str
    """UTC, ISO 8601."""
    cells: tuple[Cell, ...]

    @property
    def fault(self) -> str:
        """Why the set may not be promoted; empty when it may.

        A client as old as the server or older has to pass, a newer one to be refused.
        """
        for cell in self.cells:
            wanted: Verdict = "refused" if newer(cell.client, self.version_set) else "passed"
            if cell.verdict != wanted:
                failed = [f"{name}: {said}" for name, said in cell.checks.items() if said]
                why = f" ({failed[0]})" if failed else ""
                return f"a client of {cell.client} was not {wanted} but {cell.verdict}{why}"
        missing = sorted(pin_files().keys() - {cell.client for cell in self.cells})
        return f"no client of {', '.join(missing)} was tried" if missing else ""


class Record(_Model):
    """The whole matrix."""

    servers: tuple[ServerRecord, ...] = ()

    def of(self, version_set: str) -> ServerRecord | None:
        """A set's row."""
        return next((each for each in self.servers if each.version_set == version_set), None)

    def with_server(self, row: ServerRecord) -> Record:
        """The same with a row in place of the set's older one, in the order of the sets."""
        rows = {each.version_set: each for each in (*self.servers, row)}
        return Record(servers=tuple(rows[name] for name in pin_files() if name in rows))


def read(path: Path = RECORD) -> Record:
    """The record of this checkout; an empty one where none was written yet.

    Raises:
        ContractError: the file is not a record.
    """
    if not path.exists():
        return Record()
    try:
        return Record.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        msg = f"{path} is no record of the matrix: {error}; `lakehouse image matrix` writes one"
        raise ContractError(msg) from error


def write(record: Record, path: Path = RECORD) -> None:
    """Replace the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record.model_dump(mode="json"), indent=2)
    path.write_text(f"{text}\n", encoding="utf-8")


def pins_of(version_set: str) -> str:
    """SHA-256 of a set's pin file as it is now."""
    return hashlib.sha256(pin_file(version_set).read_bytes()).hexdigest()


def newer(client: str, server: str) -> bool:
    """Whether a set's client is of a newer line of Spark than another set's server."""
    lines = [
        tuple(int(part) for part in load_set(name).line.split(".")) for name in (client, server)
    ]
    return lines[0] > lines[1]


def unpublishable(version_set: str, components: Mapping[str, str], record: Record) -> str:
    """Why an image of this set, made of these components, may not be promoted; or empty."""
    row = record.of(version_set)
    if row is None:
        return (
            f"version set {version_set or 'unknown'} never passed its matrix of servers and "
            "clients; run `lakehouse image matrix` and commit its record"
        )
    if row.fault:
        return f"the matrix of version set {version_set} did not pass: {row.fault}"
    other = {name for name, version in components.items() if row.components.get(name) != version}
    if other:
        differ = ", ".join(
            f"{name} {row.components.get(name, 'none')}, the image {components[name]}"
            for name in sorted(other)
        )
        return (
            f"the matrix of version set {version_set} passed with other versions ({differ}); "
            "run `lakehouse image matrix` with the pins of this image"
        )
    return ""
