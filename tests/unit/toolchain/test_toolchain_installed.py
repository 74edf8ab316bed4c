"""Which installed tools are as good as built ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolchain import installed, pulumi_kit, versions
from toolchain.progress import quiet


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH besides the shell's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("MILLRACE_CACHE", str(tmp_path / "cache"))
    return folder


def program(path: Path, prints: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.259.0", (3, 259, 0)),
        ("Packer v1.11.2\nsome advice", (1, 11, 2)),
        ("go version go1.25 linux/amd64", (1, 25, 0)),
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("no numbers", None),
    ],
)
def test_a_version_is_read_from_what_a_program_prints(
    text: str, version: versions.Version | None
) -> None:
    assert versions.parse(text) == version


@pytest.mark.parametrize(
    ("found", "accepted"),
    [
        ((3, 259, 0), True),
        ((3, 260, 1), True),
        ((3, 258, 9), False),
        ((4, 0, 0), False),
        (None, False),
    ],
)
def test_a_version_is_accepted_from_the_pinned_one_to_the_next_major(
    found: versions.Version | None, accepted: bool
) -> None:
    assert versions.accepts("3.259.0", found) is accepted


def test_the_first_installed_tool_of_an_accepted_version_is_taken(path: Path) -> None:
    expected = program(path / "packer", "Packer v1.12.0")
    assert installed.find("packer", ["version"], versions.PACKER, quiet) == expected


def test_an_old_tool_is_passed_over_and_named(path: Path) -> None:
    program(path / "packer", "Packer v1.6.6")
    said: list[str] = []
    assert installed.find("packer", ["version"], versions.PACKER, said.append) is None
    assert said == [
        f"packer: {path}/packer is 1.6.6, not 1.11.2 or newer of the same major; passed over"
    ]


def test_a_tool_of_our_own_cache_is_not_an_installed_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(path / "packer", "Packer v1.12.0")
    monkeypatch.setenv("MILLRACE_CACHE", str(path.parent))
    assert installed.find("packer", ["version"], versions.PACKER, quiet) is None


def test_pulumi_counts_only_with_its_language_host(path: Path) -> None:
    program(path / "pulumi", "v3.270.0")
    assert pulumi_kit.find_installed(quiet) is None
    program(path / "pulumi-language-python", "")
    assert pulumi_kit.find_installed(quiet) == path


def test_pulumi_counts_with_the_language_host_behind_its_link(path: Path) -> None:
    real = path.parent / "pulumi"
    real.mkdir()
    program(real / "pulumi-language-python", "")
    (path / "pulumi").symlink_to(program(real / "pulumi", "v3.270.0"))
    assert pulumi_kit.find_installed(quiet) == real
