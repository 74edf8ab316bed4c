"""What an image is made of is read from its tree, without running anything of it."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from lakehouse.versions import load
from ops.image import inventory
from ops.image.jarfile import read_jar

_SITE = "opt/spark/venv/lib/python3.11/site-packages"


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _jar(path: Path, entries: Mapping[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as jar:
        for name, text in entries.items():
            jar.writestr(name, text)
    return path


def _pom(group: str, name: str, version: str) -> dict[str, str]:
    folder = f"META-INF/maven/{group}/{name}"
    return {f"{folder}/pom.properties": f"groupId={group}\nartifactId={name}\nversion={version}\n"}


def test_installed_packages_are_listed_and_removed_ones_are_not(tmp_path: Path) -> None:
    _write(
        tmp_path / "var/lib/dpkg/status",
        "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1-1\n\n"
        "Package: b\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 2\n",
    )
    found = inventory.debian_packages(tmp_path)
    assert [(c.name, c.version, c.qualifier, c.licences) for c in found] == [
        ("a", "1-1", "all", ())
    ]


def test_a_copyright_file_behind_an_absolute_link_is_the_images_own(tmp_path: Path) -> None:
    _write(
        tmp_path / "var/lib/dpkg/status",
        "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n",
    )
    _write(tmp_path / "usr/share/doc/b/copyright", "Format: x\n\nLicense: Expat\n")
    (tmp_path / "usr/share/doc/a").symlink_to("/usr/share/doc/b")
    assert inventory.debian_packages(tmp_path)[0].licences == ("MIT",)


def test_a_path_never_leads_out_of_the_image(tmp_path: Path) -> None:
    (tmp_path / "up").symlink_to("../../../etc")
    assert inventory.inside(tmp_path, "up/passwd") == tmp_path / "etc" / "passwd"


def test_a_python_package_has_the_checksum_that_was_pinned(tmp_path: Path) -> None:
    pins = load()
    wheel = next(a for a in pins.python_for("amd64") if a.name == "numpy")
    metadata = f"Name: NumPy\nVersion: {wheel.version}\nLicense-Expression: BSD-3-Clause\n\nText\n"
    _write(tmp_path / _SITE / "numpy.dist-info/METADATA", metadata)
    (found,) = inventory.python_packages(tmp_path, pins, "amd64")
    assert (found.name, found.sha256, found.licences) == (
        "numpy",
        wheel.sha256,
        ("BSD-3-Clause",),
    )


def test_a_licence_of_a_python_package_may_be_a_classifier(tmp_path: Path) -> None:
    metadata = "Name: x\nVersion: 1\nClassifier: License :: OSI Approved :: MIT License\n"
    _write(tmp_path / _SITE / "x.dist-info/METADATA", metadata)
    assert inventory.python_packages(tmp_path, load(), "amd64")[0].licences == ("MIT",)


@pytest.mark.parametrize(
    ("file", "entries", "found"),
    [
        ("a-1.2.jar", _pom("g", "a", "1.2"), ("g", "a", "1.2", "")),
        ("a-1.2-linux-x86_64.jar", _pom("g", "a", "1.2"), ("g", "a", "1.2", "linux-x86_64")),
        (
            "shaded-1.2.jar",
            _pom("x", "inner", "9") | _pom("g", "shaded", "1.2"),
            ("g", "shaded", "1.2", ""),
        ),
        ("log4j-1.2-api-2.20.0.jar", {}, ("", "log4j-1.2-api", "2.20.0", "")),
        ("spark-core_2.12-3.5.7.jar", {}, ("", "spark-core_2.12", "3.5.7", "")),
        (
            "zstd-jni-1.5.5-4.jar",
            {"META-INF/MANIFEST.MF": "Implementation-Version: 1.5.5-4\r\n"},
            ("", "zstd-jni", "1.5.5-4", ""),
        ),
        ("ours.jar", _pom("g", "ours", "0.1"), ("g", "ours", "0.1", "")),
        ("plain.jar", {}, ("", "plain", "unknown", "")),
    ],
)
def test_a_jar_is_known_by_its_pom_or_its_name(
    tmp_path: Path, file: str, entries: dict[str, str], found: tuple[str, str, str, str]
) -> None:
    jar = read_jar(_jar(tmp_path / file, entries))
    assert (jar.group, jar.name, jar.version, jar.qualifier) == found


def test_a_jar_has_the_checksum_of_its_file(tmp_path: Path) -> None:
    path = _jar(tmp_path / "a-1.jar", {"x": "y"})
    assert read_jar(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


_PROJECT = (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><licenses><license>'
    "<name>The MIT License</name></license></licenses></project>"
)


@pytest.mark.parametrize(
    ("entries", "licences"),
    [
        (_pom("g", "a", "1") | {"META-INF/maven/g/a/pom.xml": _PROJECT}, ("MIT",)),
        ({"META-INF/MANIFEST.MF": "Bundle-License: Apache-2.0;link=x\n"}, ("Apache-2.0",)),
        ({"META-INF/MANIFEST.MF": "Bundle-License: Apa\r\n che-2.0\r\n"}, ("Apache-2.0",)),
        ({"META-INF/LICENSE": "  Apache License\n  Version 2.0, January"}, ("Apache-2.0",)),
        ({"other/LICENSE": "Apache License\nVersion 2.0"}, ()),
        ({"x": ""}, ()),
    ],
)
def test_a_jars_licence_is_what_it_says(
    tmp_path: Path, entries: dict[str, str], licences: tuple[str, ...]
) -> None:
    assert read_jar(_jar(tmp_path / "a-1.jar", entries)).licences == licences


def test_coordinates_of_the_pin_file_win(tmp_path: Path) -> None:
    pin = load().jar_artefacts[0]
    path = _jar(tmp_path / _SITE / "pyspark/jars" / pin.file, {"x": ""})
    (found,) = inventory.jars(inventory.jar_files(tmp_path), load())
    assert path.is_file()
    assert (found.group, found.name, found.version) == (pin.group, pin.artifact, pin.version)
