"""The files of the pin file, downloaded once and verified by checksum.

Downloads go through the ordinary clients, pip and Maven, as this machine has configured them:
no registry is named here. A machine being baked gets them from this folder and needs no network.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lakehouse.errors import ToolError
from lakehouse.versions import JarArtefact, PythonArtefact, Versions
from toolchain.cache import cache_dir, cached, locked
from toolchain.process import run
from toolchain.progress import Log

_DEPENDENCY_PLUGIN: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
_MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
_MANYLINUX: Final = ("manylinux2014", "manylinux_2_17", "manylinux_2_24", "manylinux_2_28")
_DOWNLOAD_DEADLINE_SECONDS: Final = 1200.0
_CHUNK: Final = 1 << 20


def artefact_dir() -> Path:
    """Where artefacts lie, each named by its SHA-256."""
    return cache_dir() / "artefacts"


def ensure_artefacts(versions: Versions, architecture: str, log: Log) -> Path:
    """Every artefact that a machine of `architecture` needs is there; returns the folder.

    What is there is verified again: a file that a full disk or a hand changed is fetched anew.
    """
    folder = artefact_dir()
    folder.mkdir(parents=True, exist_ok=True)
    with locked("artefacts", log):
        python = [a for a in versions.python_for(architecture) if not _has(folder, a, log)]
        if python:
            _download_python(python, architecture, folder, log)
        for jar in versions.jar_artefacts:
            if not _has(folder, jar, log):
                _download_jar(jar, folder, log)
    return folder


def sha256_of(path: Path) -> str:
    """Checksum of a file of any size."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _has(folder: Path, artefact: PythonArtefact | JarArtefact, log: Log) -> bool:
    path = folder / artefact.sha256
    if not path.is_file():
        return False
    if sha256_of(path) == artefact.sha256:
        return True
    log(f"artefacts: {artefact.file} in the cache is not what was kept; fetching it anew")
    path.unlink()
    return False


def _download_python(
    artefacts: Sequence[PythonArtefact], architecture: str, folder: Path, log: Log
) -> None:
    log(f"artefacts: downloading {len(artefacts)} Python packages for {architecture}")
    pip = _pip(log)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as scratch:
        target = Path(scratch)
        sources = [a for a in artefacts if not a.file.endswith(".whl")]
        wheels = [a for a in artefacts if a.file.endswith(".whl")]
        platforms = [
            word
            for tag in _MANYLINUX
            for word in ("--platform", f"{tag}_{_MACHINES[architecture]}")
        ]
        abis = ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"]
        stable = ["--abi", "abi3", "--abi", "none", "--only-binary", ":all:"]
        if wheels:
            _pip_download(pip, wheels, [*platforms, *abis, *stable], target, log)
        for source in sources:
            _pip_download(pip, [source], ["--no-binary", source.name], target, log)
        for artefact in artefacts:
            _keep(target / artefact.file, artefact.sha256, folder)


def _pip_download(
    pip: Sequence[str | Path],
    artefacts: Sequence[PythonArtefact],
    options: Sequence[str],
    target: Path,
    log: Log,
) -> None:
    requirements = target / "requirements.txt"
    requirements.write_text(
        "".join(f"{a.name}=={a.version} --hash=sha256:{a.sha256}\n" for a in artefacts),
        encoding="utf-8",
    )
    run(
        [
            *(*pip, "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--require-hashes", "--requirement", requirements, "--dest", target),
            *options,
        ],
        what="artefacts: pip download",
        log=log,
        # Metadata of a source package is built in a folder of its own, not in a shared one.
        environment={**os.environ, "TMPDIR": str(target)},
        deadline=_DOWNLOAD_DEADLINE_SECONDS,
    )


def _pip(log: Log) -> list[str | Path]:
    """A pip of our own: a project environment made by uv has none."""
    folder = cached("pip", "3.11", lambda path: venv.create(path, with_pip=True), log)
    return [folder / "bin" / "python", "-m", "pip"]


def _download_jar(jar: JarArtefact, folder: Path, log: Log) -> None:
    log(f"artefacts: downloading {jar.file}")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as scratch:
        run(
            [
                *("mvn", "--batch-mode", "--quiet", f"{_DEPENDENCY_PLUGIN}:copy"),
                f"-Dartifact={jar.group}:{jar.artifact}:{jar.version}:jar",
                f"-DoutputDirectory={scratch}",
                "-Dmdep.useBaseVersion=true",
            ],
            what=f"artefacts: {jar.file}",
            log=log,
            directory=Path(scratch),
            deadline=_DOWNLOAD_DEADLINE_SECONDS,
        )
        _keep(Path(scratch) / jar.file, jar.sha256, folder)


def _keep(path: Path, sha256: str, folder: Path) -> None:
    if not path.is_file():
        msg = f"{path.name} was not downloaded under that name; the pin file names each file"
        raise ToolError(msg)
    found = sha256_of(path)
    if found != sha256:
        msg = f"{path.name} has SHA-256 {found}; the pin file says {sha256}. It was not kept."
        raise ToolError(msg)
    path.chmod(0o644)
    path.rename(folder / sha256)
