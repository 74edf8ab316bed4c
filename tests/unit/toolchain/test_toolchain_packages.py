"""The host's Debian packages: found missing, installed by root, refused plainly otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lakehouse.errors import PreflightError, ToolError
from toolchain import packages
from toolchain.packages import Package
from toolchain.progress import quiet

WANTED = (Package("alpha", "alpha-prog", "one"), Package("beta", "beta-prog", "another"))


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; empty, so no dpkg and no apt."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(path: Path, body: str = "") -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def dpkg(folder: Path, *there: str) -> None:
    lines = "".join(rf"{name}\tinstalled\n" for name in there)
    program(folder / "dpkg-query", f"printf '{lines}'; exit 1")


def test_only_what_dpkg_calls_installed_is_there() -> None:
    listing = "alpha\tinstalled\nbeta\tconfig-files\ngamma\tunpacked\nnoise\n"
    assert packages.parse_dpkg(listing) == {"alpha"}


def test_a_package_unknown_to_dpkg_is_missing(path: Path) -> None:
    dpkg(path, "alpha")
    assert packages.find_missing(WANTED) == [WANTED[1]]


def test_without_dpkg_a_program_on_path_will_do(path: Path) -> None:
    program(path / "alpha-prog")
    assert packages.find_missing(WANTED) == [WANTED[1]]


def test_nothing_missing_starts_no_apt(path: Path) -> None:
    dpkg(path, "alpha", "beta")
    assert packages.ensure_packages(quiet, WANTED) == []


def test_a_machine_that_is_no_debian_is_told_the_programs(path: Path) -> None:
    assert list(path.iterdir()) == []
    with pytest.raises(PreflightError, match="no Debian") as caught:
        packages.ensure_packages(quiet, WANTED)
    assert "alpha-prog: one" in str(caught.value)


def test_someone_who_is_not_root_is_told_the_command(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dpkg(path, "alpha")
    program(path / "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(PreflightError, match=r"sudo apt-get .* install .* beta$"):
        packages.ensure_packages(quiet, WANTED)


def test_root_installs_what_is_missing_after_one_update(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dpkg(path, "alpha")
    program(path / "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> str:
        calls.append(command)
        if "install" in command:
            dpkg(path, "alpha", "beta")
        return ""

    monkeypatch.setattr(packages, "run", run)
    assert packages.ensure_packages(quiet, WANTED) == ["beta"]
    assert [call[-1] for call in calls] == ["update", "beta"]


def test_an_unreachable_registry_is_said_to_be_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dpkg(path, "alpha")
    program(path / "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    def run(command: list[str], **_: object) -> str:
        msg = "could not resolve host"
        raise ToolError(msg)

    monkeypatch.setattr(packages, "run", run)
    with pytest.raises(PreflightError, match="registry") as caught:
        packages.ensure_packages(quiet, WANTED)
    assert "could not resolve host" in str(caught.value), "the cause is lost"


def test_every_package_says_what_it_is_for() -> None:
    assert all(package.purpose for package in (*packages.HOST, *packages.JVM))
