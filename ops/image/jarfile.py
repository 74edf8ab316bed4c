"""What a jar says of itself: its Maven coordinates and its licence."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from ops.image.artefacts import sha256_of
from ops.image.component import Component
from ops.image.licences import distinct, named, of_text

_VERSION: Final = re.compile(r"(?P<name>.+)-(?P<version>\d[^-]*)")
_CLASSIFIER: Final = re.compile(r"-((?:linux|osx|windows|hadoop|tests)\b[\w.-]*)$")
_LICENCE_FILE: Final = re.compile(r"(META-INF/)?LICEN[CS]E([-.](txt|md))?", re.IGNORECASE)
_MANIFEST_VERSIONS: Final = ("Implementation-Version", "Bundle-Version", "Specification-Version")


@dataclass(frozen=True, kw_only=True)
class _Coordinates:
    group: str
    name: str
    version: str
    classifier: str = ""


def read_jar(path: Path) -> Component:
    """A component of what is in `path`; coordinates that only its name tells lack the group."""
    with zipfile.ZipFile(path) as jar:
        manifest = _manifest(jar)
        found = _coordinates(path.stem, jar, manifest)
        licences = _licences(jar, found, manifest)
    return Component(
        kind="maven",
        group=found.group,
        name=found.name,
        version=found.version,
        qualifier=found.classifier,
        licences=licences,
        sha256=sha256_of(path),
    )


def _coordinates(stem: str, jar: zipfile.ZipFile, manifest: dict[str, str]) -> _Coordinates:
    poms = list(_poms(jar))
    for pom in poms:
        rest = stem.removeprefix(f"{pom.name}-{pom.version}")
        # A shaded jar carries the coordinates of everything in it; the file's name picks.
        if rest != stem and (not rest or rest.startswith("-")):
            return _Coordinates(
                group=pom.group, name=pom.name, version=pom.version, classifier=rest[1:]
            )
    named_alike = [pom for pom in poms if pom.name == stem]
    if named_alike:
        return named_alike[0]
    classified = _CLASSIFIER.search(stem)
    classifier = classified[1] if classified else ""
    plain = stem.removesuffix(f"-{classifier}") if classifier else stem
    for key in _MANIFEST_VERSIONS:
        version = manifest.get(key, "")
        if version and plain.endswith(f"-{version}"):
            name = plain.removesuffix(f"-{version}")
            return _Coordinates(group="", name=name, version=version, classifier=classifier)
    parts = _VERSION.fullmatch(plain)
    if parts:
        return _Coordinates(
            group="", name=parts["name"], version=parts["version"], classifier=classifier
        )
    return _Coordinates(group="", name=stem, version=manifest.get(_MANIFEST_VERSIONS[0], "unknown"))


def _poms(jar: zipfile.ZipFile) -> Iterator[_Coordinates]:
    for entry in jar.namelist():
        if entry.startswith("META-INF/maven/") and entry.endswith("/pom.properties"):
            lines = jar.read(entry).decode("utf-8", "replace").splitlines()
            values = {
                key.strip(): value.strip()
                for key, separator, value in (line.partition("=") for line in lines)
                if separator
            }
            yield _Coordinates(
                group=values.get("groupId", ""),
                name=values.get("artifactId", ""),
                version=values.get("version", ""),
            )


def _manifest(jar: zipfile.ZipFile) -> dict[str, str]:
    if "META-INF/MANIFEST.MF" not in jar.namelist():
        return {}
    text = jar.read("META-INF/MANIFEST.MF").decode("utf-8", "replace")
    # Lines of 72 bytes: what goes on starts with one space.
    lines = text.replace("\r\n", "\n").replace("\n ", "").splitlines()
    return {
        key: value.strip()
        for key, separator, value in (line.partition(":") for line in lines)
        if separator
    }


def _licences(
    jar: zipfile.ZipFile, coordinates: _Coordinates, manifest: dict[str, str]
) -> tuple[str, ...]:
    pom = f"META-INF/maven/{coordinates.group}/{coordinates.name}/pom.xml"
    if coordinates.group and pom in jar.namelist():
        found = distinct(named(name) for name in _pom_licences(jar.read(pom)))
        if found:
            return found
    # "name;link=...,name;link=..."
    bundle = [part.partition(";")[0] for part in manifest.get("Bundle-License", "").split(",")]
    found = distinct(named(name) for name in bundle)
    if found:
        return found
    texts = (entry for entry in jar.namelist() if _LICENCE_FILE.fullmatch(entry))
    return distinct(of_text(jar.read(entry).decode("utf-8", "replace")) for entry in texts)


def _pom_licences(pom: bytes) -> Iterator[str]:
    # Of jars and archives of the pin file, whose checksums were verified at their installation.
    project = ElementTree.fromstring(pom)  # noqa: S314
    for licence in project.iterfind("{*}licenses/{*}license"):
        yield licence.findtext("{*}name", default="") or licence.findtext("{*}url", default="")
