"""The bill of materials is CycloneDX 1.6 and says what was found, no more."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ops.image import sbom
from ops.image.component import Component

_MANIFEST = {
    "content_hash": "ab" * 32,
    "architecture": "arm64",
    "version_set": "spark-3.5",
    "created": "2026-01-02T03:04:05Z",
    "components": {"spark": "3.5.7"},
}
_DEB = Component(
    kind="deb",
    name="libstdc++6",
    version="1:12.2.0-14+deb12u1",
    qualifier="arm64",
    licences=("GPL-3.0-or-later", "GPL-3+ with Bison exception"),
    installed_sha256="1" * 64,
)
_WHEEL = Component(kind="pypi", name="numpy", version="1.26.4", sha256="2" * 64)
_JAR = Component(
    kind="maven",
    group="org.apache.iceberg",
    name="iceberg-aws-bundle",
    version="1.11.0",
    licences=("Apache-2.0",),
    sha256="3" * 64,
)
_NATIVE = Component(
    kind="maven", group="io.netty", name="epoll", version="4.1", qualifier="linux-x86_64"
)
_NAMELESS = Component(kind="maven", name="oro", version="2.0.8")
_ALL = [_JAR, _NAMELESS, _NATIVE, _WHEEL, _DEB]


@pytest.fixture
def document() -> dict[str, Any]:
    return sbom.build(_ALL, _MANIFEST)


def _of(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in document["components"] if entry["name"] == name)


def test_the_head_is_what_cyclonedx_asks_for(document: dict[str, Any]) -> None:
    assert (document["bomFormat"], document["specVersion"], document["version"]) == (
        "CycloneDX",
        "1.6",
        1,
    )


def test_the_serial_number_is_a_uuid_of_the_content(document: dict[str, Any]) -> None:
    pattern = r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(pattern, document["serialNumber"])


def test_equal_images_have_equal_bills(document: dict[str, Any]) -> None:
    assert sbom.build(list(reversed(_ALL)), _MANIFEST) == document


def test_only_fields_of_the_standard_are_used(document: dict[str, Any]) -> None:
    allowed = {
        *("type", "bom-ref", "group", "name", "version", "hashes", "licenses", "purl"),
        "properties",
    }
    assert {key for entry in document["components"] for key in entry} <= allowed


@pytest.mark.parametrize("field", ["type", "bom-ref", "name", "version", "licenses"])
def test_no_component_lacks_a_field(document: dict[str, Any], field: str) -> None:
    assert [entry for entry in document["components"] if not entry[field]] == []


def test_references_are_unique(document: dict[str, Any]) -> None:
    references = [entry["bom-ref"] for entry in document["components"]]
    assert len(references) == len(set(references))


def test_what_is_bundled_inside_jars_is_not_claimed(document: dict[str, Any]) -> None:
    image = document["metadata"]["component"]["bom-ref"]
    assert document["compositions"] == [{"aggregate": "incomplete", "assemblies": [image]}]


def test_an_spdx_licence_is_an_identifier_and_another_a_name(document: dict[str, Any]) -> None:
    assert _of(document, "libstdc++6")["licenses"] == [
        {"license": {"id": "GPL-3.0-or-later"}},
        {"license": {"name": "GPL-3+ with Bison exception"}},
    ]


def test_no_licence_found_is_said(document: dict[str, Any]) -> None:
    assert _of(document, "numpy")["licenses"] == [{"license": {"name": "unknown"}}]


def test_a_hash_names_its_algorithm(document: dict[str, Any]) -> None:
    assert _of(document, "numpy")["hashes"] == [{"alg": "SHA-256", "content": "2" * 64}]


def test_a_package_without_a_recorded_checksum_claims_none(document: dict[str, Any]) -> None:
    assert "hashes" not in _of(document, "libstdc++6")


@pytest.mark.parametrize(
    ("name", "purl"),
    [
        ("libstdc++6", "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bdeb12u1?arch=arm64"),
        ("numpy", "pkg:pypi/numpy@1.26.4"),
        ("iceberg-aws-bundle", "pkg:maven/org.apache.iceberg/iceberg-aws-bundle@1.11.0"),
        ("epoll", "pkg:maven/io.netty/epoll@4.1?classifier=linux-x86_64"),
    ],
)
def test_a_component_has_a_package_url(document: dict[str, Any], name: str, purl: str) -> None:
    assert _of(document, name)["purl"] == purl


def test_a_jar_of_an_unknown_group_has_no_package_url(document: dict[str, Any]) -> None:
    assert "purl" not in _of(document, "oro")


def test_a_bill_is_read_as_it_was_written(document: dict[str, Any]) -> None:
    assert sorted(sbom.parse(document), key=str) == sorted(_ALL, key=str)


def test_the_summary_counts_what_names_no_licence(document: dict[str, Any]) -> None:
    assert sbom.summary(document) == (
        "1 Debian packages, 1 Python packages, 3 jars; 3 name no licence"
    )
