"""Where the client finds a lakehouse."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "client"))

from lakehouse_client.settings import (  # noqa: E402 - the package is not installed here
    Settings,
    SettingsError,
    find_settings,
)


def write(folder: Path, url: str = "sc://h:15002/;use_ssl=true") -> Path:
    """A document as `lakehouse connect` writes it."""
    folder.mkdir(parents=True)
    (folder / "ca.pem").write_text("PEM")
    (folder / "analyst.token").write_text("secret\n")
    document = folder / "connect.json"
    document.write_text(
        json.dumps(
            {
                "url": url,
                "ca_file": str(folder / "ca.pem"),
                "token_file": str(folder / "analyst.token"),
                "catalog": "lake",
            }
        )
    )
    return document


def test_the_named_document_is_taken(tmp_path: Path) -> None:
    document = write(tmp_path / "anywhere")
    found = find_settings({"LAKEHOUSE_CONNECT": str(document)})
    assert (found.url, found.catalog) == ("sc://h:15002/;use_ssl=true", "lake")


def test_the_only_document_of_the_user_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "millrace" / "local")
    assert find_settings({"XDG_CONFIG_HOME": str(tmp_path)}).catalog == "lake"


def test_two_documents_are_not_guessed_between(tmp_path: Path) -> None:
    for stack in ("local", "production"):
        write(tmp_path / "millrace" / stack)
    with pytest.raises(SettingsError, match="more than one lakehouse is known; set LAKEHOUSE"):
        find_settings({"XDG_CONFIG_HOME": str(tmp_path)})


def test_no_document_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="run `lakehouse connect`"):
        find_settings({"XDG_CONFIG_HOME": str(tmp_path)})


@pytest.mark.parametrize("text", ["", "[]", '{"url": "sc://h"}'])
def test_a_damaged_document_is_named(tmp_path: Path, text: str) -> None:
    document = tmp_path / "connect.json"
    document.write_text(text)
    with pytest.raises(SettingsError, match="is not what `lakehouse connect --json` prints"):
        find_settings({"LAKEHOUSE_CONNECT": str(document)})


def test_the_token_is_read_when_it_is_needed(tmp_path: Path) -> None:
    found = find_settings({"LAKEHOUSE_CONNECT": str(write(tmp_path / "x"))})
    (tmp_path / "x" / "analyst.token").write_text("rotated\n")
    assert found.token == "rotated"


def test_a_missing_file_says_who_writes_it(tmp_path: Path) -> None:
    settings = Settings("sc://h", ca_file=tmp_path / "none")
    with pytest.raises(SettingsError, match="`lakehouse connect` writes it"):
        _ = settings.ca_certificate


def test_without_files_there_is_no_token_and_no_authority() -> None:
    assert (Settings("sc://h").token, Settings("sc://h").ca_certificate) == ("", "")
