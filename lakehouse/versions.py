"""The pin files, typed: which versions an image is made of, one file for each version set.

A pin file is read unchanged by Packer (variables), Ansible (``-e @file``) and this module. It
holds exact versions and checksums and nothing else. `packer/versions.auto.pkrvars.json` is the
default set's, which Packer takes by itself; the others are called after their set.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lakehouse.errors import ContractError

PIN_FILE: Final = Path(__file__).resolve().parent.parent / "packer" / "versions.auto.pkrvars.json"

DEFAULT_SET: Final = "spark-3.5"
"""The version set of `PIN_FILE`: what is baked when nothing else is said."""


@dataclass(frozen=True, kw_only=True)
class PythonArtefact:
    """One file of a Python package."""

    name: str
    version: str
    architecture: str
    """``any``, or Debian's name of the architecture that the file is for."""
    file: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class JarArtefact:
    """One jar by its Maven coordinates."""

    group: str
    artifact: str
    version: str
    file: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Versions:
    """A set of versions that were proved together."""

    version_set: str
    versions: dict[str, str]
    """Component -> exact version."""
    base_revision: int
    """Raised by one to take Debian's newer packages into the image."""
    python_artefacts: tuple[PythonArtefact, ...]
    jar_artefacts: tuple[JarArtefact, ...]

    @property
    def line(self) -> str:
        """Spark's line of releases, for example `3.5`: what its interfaces depend on."""
        return self.spark.rpartition(".")[0]

    @property
    def spark(self) -> str:
        """Version of Spark, of server and client alike."""
        return self.versions["spark"]

    @property
    def debian(self) -> str:
        """Code name of the Debian release that machines run."""
        return self.versions["debian"]

    def python_for(self, architecture: str) -> tuple[PythonArtefact, ...]:
        """The Python artefacts that a machine of `architecture` (Debian's name) needs."""
        return tuple(a for a in self.python_artefacts if a.architecture in {"any", architecture})


def load(path: Path = PIN_FILE) -> Versions:
    """Read a pin file.

    Raises:
        ContractError: a key is missing or unknown; the message names the file.
    """
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    try:
        return Versions(
            **{
                **raw,
                "python_artefacts": tuple(PythonArtefact(**a) for a in raw["python_artefacts"]),
                "jar_artefacts": tuple(JarArtefact(**a) for a in raw["jar_artefacts"]),
            }
        )
    except (KeyError, TypeError) as error:
        msg = f"{path} is not a pin file: {error}"
        raise ContractError(msg) from error


def pin_files() -> dict[str, Path]:
    """Version set -> its pin file; the default set first."""
    others = sorted(PIN_FILE.parent.glob("spark-*.pkrvars.json"))
    return {DEFAULT_SET: PIN_FILE, **{path.name.partition(".pkr")[0]: path for path in others}}


def pin_file(version_set: str) -> Path:
    """The pin file of a version set.

    Raises:
        ContractError: there is no such set; the message lists those there are.
    """
    files = pin_files()
    if version_set not in files:
        msg = f"there is no version set {version_set!r}; choose one of {', '.join(files)}"
        raise ContractError(msg)
    return files[version_set]


def load_set(version_set: str = DEFAULT_SET) -> Versions:
    """Read the pin file of a version set.

    Raises:
        ContractError: there is no such set, or its file is not a pin file.
    """
    return load(pin_file(version_set))
