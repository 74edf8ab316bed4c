"""Two images are told apart by what they are made of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.image.component import Component
from ops.image.difference import as_json, as_text, compare

_JAR = Component(
    kind="maven", name="iceberg-aws-bundle", version="1.11.0", sha256="a", licences=("MIT",)
)
_DEB = Component(kind="deb", name="openssl", version="3.0.15-1", installed_sha256="b")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ([_JAR], [_JAR], []),
        ([_JAR], [replace(_JAR, version="1.10.0")], [("version", "1.11.0", "1.10.0")]),
        ([], [_DEB], [("added", "", "3.0.15-1")]),
        ([_DEB], [], [("removed", "3.0.15-1", "")]),
        ([_JAR], [replace(_JAR, sha256="c")], [("rebuilt", "1.11.0", "1.11.0")]),
        ([_DEB], [replace(_DEB, installed_sha256="c")], [("rebuilt", "3.0.15-1", "3.0.15-1")]),
        ([_JAR], [replace(_JAR, licences=("ISC",))], [("licence", "MIT", "ISC")]),
        ([_JAR], [replace(_JAR, licences=())], [("licence", "MIT", "unknown")]),
        (
            [_JAR],
            [_JAR, replace(_JAR, version="1.9.0")],
            [("version", "1.11.0", "1.11.0, 1.9.0")],
        ),
    ],
)
def test_a_difference_says_what_it_is(
    before: list[Component], after: list[Component], found: list[tuple[str, str, str]]
) -> None:
    assert [(d.change, d.before, d.after) for d in compare(before, after)] == found


def test_an_architecture_is_no_difference_of_a_package() -> None:
    assert compare([replace(_DEB, qualifier="amd64")], [replace(_DEB, qualifier="arm64")]) == []


def test_jars_of_two_classifiers_are_two_components() -> None:
    natives = [replace(_JAR, qualifier=q, sha256=q) for q in ("linux", "osx")]
    assert [d.name for d in compare(natives, natives[:1])] == ["iceberg-aws-bundle (osx)"]


def test_the_table_shows_old_and_new_on_one_line() -> None:
    text = as_text(compare([_JAR, _DEB], [replace(_JAR, version="1.12.0")]))
    assert text.splitlines() == [
        "Debian  openssl             3.0.15-1  ->  -       removed",
        "jar     iceberg-aws-bundle  1.11.0    ->  1.12.0  version",
    ]


def test_no_difference_is_said() -> None:
    assert as_text([]) == "the same packages, wheels and jars"


def test_the_json_holds_what_the_table_does() -> None:
    assert as_json(compare([_DEB], [])) == [
        {"change": "removed", "kind": "deb", "name": "openssl", "before": "3.0.15-1", "after": ""}
    ]
