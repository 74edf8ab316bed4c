"""Reading from an image's file tree what it is made of, without running anything of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath
from typing import Final

from lakehouse.versions import Versions
from ops.image.component import Component
from ops.image.jarfile import read_jar
from ops.image.licences import distinct, named, of_debian_copyright

_MAXIMUM_LINKS: Final = 16
_CLASSIFIER: Final = "License :: "


def debian_packages(root: Path) -> list[Component]:
    """What dpkg has installed. It keeps no checksum of packages, only of their files."""
    status = (root / "var/lib/dpkg/status").read_text(encoding="utf-8")
    return [
        _debian_package(root, stanza)
        for stanza in map(HeaderParser().parsestr, status.strip().split("\n\n"))
        if stanza["Status"] == "install ok installed"
    ]


def python_packages(root: Path, versions: Versions, architecture: str) -> list[Component]:
    """What is installed beside Spark; the checksum is that of the pinned file it came from."""
    pinned = {
        (_normal(artefact.name), artefact.version): artefact.sha256
        for artefact in versions.python_for(architecture)
    }
    return [
        _python_package(metadata, pinned)
        for folder in sorted(root.glob("opt/spark/venv/lib/python3*/site-packages"))
        for pattern in ("*.dist-info/METADATA", "*.egg-info/PKG-INFO")
        for metadata in sorted(folder.glob(pattern))
    ]


def jar_files(root: Path) -> list[Path]:
    """Every jar that Spark's processes load."""
    return sorted(root.glob("opt/spark/venv/lib/python3*/site-packages/pyspark/jars/*.jar"))


def jars(paths: list[Path], versions: Versions) -> Iterator[Component]:
    """The jars, with the coordinates of the pin file for those that it names."""
    pinned = {jar.file: jar for jar in versions.jar_artefacts}
    for path in paths:
        found = read_jar(path)
        pin = pinned.get(path.name)
        if pin:
            yield Component(
                kind="maven",
                group=pin.group,
                name=pin.artifact,
                version=pin.version,
                licences=found.licences,
                sha256=found.sha256,
            )
        else:
            yield found


def _debian_package(root: Path, stanza: Message) -> Component:
    name, architecture = str(stanza["Package"]), str(stanza["Architecture"])
    copyright_file = inside(root, f"usr/share/doc/{name}/copyright")
    licences: tuple[str, ...] = ()
    if copyright_file.is_file():
        licences = of_debian_copyright(copyright_file.read_text("utf-8", errors="replace"))
    lists = [root / f"var/lib/dpkg/info/{n}.md5sums" for n in (name, f"{name}:{architecture}")]
    digest = next((hashlib.sha256(p.read_bytes()).hexdigest() for p in lists if p.is_file()), "")
    return Component(
        kind="deb",
        name=name,
        version=str(stanza["Version"]),
        qualifier=architecture,
        licences=licences,
        installed_sha256=digest,
    )


def _python_package(metadata: Path, pinned: dict[tuple[str, str], str]) -> Component:
    # The parser ends at the first empty line, where the description starts.
    headers = HeaderParser().parsestr(metadata.read_text("utf-8", errors="replace"))
    name, version = _normal(str(headers["Name"])), str(headers["Version"])
    record = metadata.with_name("RECORD")
    sha256 = pinned.get((name, version), "")
    unpinned = record.is_file() and not sha256
    return Component(
        kind="pypi",
        name=name,
        version=version,
        licences=_python_licences(headers),
        sha256=sha256,
        installed_sha256=hashlib.sha256(record.read_bytes()).hexdigest() if unpinned else "",
    )


def _python_licences(headers: Message) -> tuple[str, ...]:
    if headers["License-Expression"]:
        return (str(headers["License-Expression"]),)
    said = [named(str(headers["License"] or ""))]
    classified = [
        named(str(value).rpartition(" :: ")[2])
        for value in headers.get_all("Classifier", [])
        if str(value).startswith(_CLASSIFIER)
    ]
    return distinct(said) or distinct(classified)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def inside(root: Path, name: str) -> Path:
    """Where `name` leads inside `root`: links are followed as on the machine, never out of it."""
    todo = list(PurePosixPath("/", name).parts[1:])
    found: list[str] = []
    links = 0
    while todo:
        part = todo.pop(0)
        if part == "..":
            found = found[:-1]
            continue
        path = root.joinpath(*found, part)
        if path.is_symlink() and links < _MAXIMUM_LINKS:
            links += 1
            target = PurePosixPath(path.readlink())
            if target.is_absolute():
                found = []
            todo = [word for word in target.parts if word != "/"] + todo
        else:
            found.append(part)
    return root.joinpath(*found)
