"""Images are named by the start of their content hash, and only when it names one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lakehouse.errors import LakehouseError
from ops.image import bill, sbom
from ops.image.component import Component
from ops.image.diff import diff, folder_of

_HASHES = ("aa" * 32, "ab" * 32)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLRACE_CACHE", str(tmp_path))
    for number, name in enumerate(_HASHES):
        folder = tmp_path / "images" / name
        folder.mkdir(parents=True)
        manifest = {
            "content_hash": name,
            "architecture": "amd64",
            "version_set": "spark-3.5",
            "created": "2026-01-02T03:04:05Z",
            "components": {},
        }
        (folder / "image.json").write_text(json.dumps(manifest), encoding="utf-8")
        numpy = Component(kind="pypi", name="numpy", version=f"1.{number}")
        document = sbom.build([numpy], manifest)
        (folder / bill.NAME).write_text(json.dumps(document), encoding="utf-8")


def test_a_difference_names_both_images() -> None:
    assert diff("aa", "ab", lambda _: None).splitlines() == [
        "aaaaaaaaaaaa -> abababababab: 1 differences",
        "Python  numpy  1.0  ->  1.1  version",
    ]


def test_a_difference_can_be_read_by_programs() -> None:
    found = json.loads(diff("aa", "ab", lambda _: None, machine_readable=True))
    assert [entry["after"] for entry in found] == ["1.1"]


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("a", "2 images start with 'a'"),
        ("zz", "no image starts with 'zz'"),
        ("", "no image starts with ''"),
    ],
)
def test_a_prefix_that_names_no_single_image_is_refused(prefix: str, message: str) -> None:
    with pytest.raises(LakehouseError, match=message):
        folder_of(prefix)


def test_a_refusal_lists_what_there_is() -> None:
    with pytest.raises(LakehouseError, match="aaaaaaaaaaaa, abababababab"):
        folder_of("zz")
