"""A download whose checksum is not the pinned one never reaches the cache."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import ToolError
from lakehouse.versions import Versions, load
from ops.image import artefacts

_CONTENT = b"what the registry sends"


@pytest.fixture
def one_jar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Versions:
    """A pin file of one jar, and a registry that answers with `_CONTENT`."""
    monkeypatch.setenv("MILLRACE_CACHE", str(tmp_path))
    pins = load()
    jar = replace(pins.jar_artefacts[0], sha256=hashlib.sha256(_CONTENT).hexdigest())

    def download(command: Sequence[str], **_: Any) -> str:
        folder = next(word.partition("=")[2] for word in command if "outputDirectory" in word)
        Path(folder, jar.file).write_bytes(_CONTENT)
        return ""

    monkeypatch.setattr(artefacts, "run", download)
    return replace(pins, python_artefacts=(), jar_artefacts=(jar,))


def test_a_right_download_is_kept_under_its_checksum(one_jar: Versions) -> None:
    folder = artefacts.ensure_artefacts(one_jar, "amd64", lambda _: None)
    assert (folder / one_jar.jar_artefacts[0].sha256).read_bytes() == _CONTENT


def test_a_wrong_download_is_refused_with_both_checksums(one_jar: Versions) -> None:
    wrong = replace(one_jar.jar_artefacts[0], sha256="0" * 64)
    found = one_jar.jar_artefacts[0].sha256
    with pytest.raises(ToolError, match=f"SHA-256 {found}; the pin file says {'0' * 64}"):
        artefacts.ensure_artefacts(replace(one_jar, jar_artefacts=(wrong,)), "amd64", print)


def test_nothing_of_a_wrong_download_stays(one_jar: Versions) -> None:
    wrong = replace(one_jar.jar_artefacts[0], sha256="0" * 64)
    with pytest.raises(ToolError):
        artefacts.ensure_artefacts(replace(one_jar, jar_artefacts=(wrong,)), "amd64", print)
    assert list(artefacts.artefact_dir().iterdir()) == []


def test_a_file_that_changed_in_the_cache_is_fetched_anew(one_jar: Versions) -> None:
    folder = artefacts.ensure_artefacts(one_jar, "amd64", lambda _: None)
    kept = folder / one_jar.jar_artefacts[0].sha256
    kept.write_bytes(_CONTENT + b"!")
    said: list[str] = []
    artefacts.ensure_artefacts(one_jar, "amd64", said.append)
    assert kept.read_bytes() == _CONTENT
    assert any("is not what was kept; fetching it anew" in line for line in said)


def test_a_file_that_is_whole_is_not_fetched_again(
    one_jar: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    artefacts.ensure_artefacts(one_jar, "amd64", lambda _: None)
    monkeypatch.setattr(artefacts, "run", lambda *_, **__: pytest.fail("a registry was asked"))
    artefacts.ensure_artefacts(one_jar, "amd64", lambda _: None)
