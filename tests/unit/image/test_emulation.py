"""The kernel is told about emulation for as long as it is needed, and left as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.errors import PreflightError
from ops.image import emulation
from ops.image.bake import LocalImage
from ops.image.prove import prove

LINE = ":qemu-aarch64:M::\\x7fELF:\\xff:/usr/libexec/qemu-binfmt/aarch64-binfmt-P:OPF"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kernel's registry that is mounted, in plain files."""
    made, lines = tmp_path / "binfmt_misc", tmp_path / "binfmt.d"
    made.mkdir()
    lines.mkdir()
    (made / "register").touch()
    (lines / "qemu-aarch64.conf").write_text(f"{LINE}\n")
    monkeypatch.setattr(emulation, "REGISTRY", made)
    monkeypatch.setattr(emulation, "_LINES", lines)
    return made


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An amd64 machine with QEMU, on which the test of an architecture succeeds."""
    asked: list[str] = []
    monkeypatch.setattr(emulation, "host_architecture", lambda: "amd64")
    monkeypatch.setattr(emulation, "ensure_packages", lambda *_: asked.append("packages"))
    program = "/bin/true"
    original = emulation.subprocess.run

    def run(command: list[str], **options: object) -> object:
        asked.append(" ".join(command))
        return original([program], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(emulation.subprocess, "run", run)
    return asked


def test_the_hosts_own_architecture_asks_for_nothing(registry: Path, host: list[str]) -> None:
    with emulation.runnable("amd64", lambda _: None):
        assert (registry / "register").read_text() == ""
    assert host == []


def test_another_one_is_registered_and_forgotten(registry: Path, host: list[str]) -> None:
    with emulation.runnable("arm64", lambda _: None):
        assert (registry / "register").read_text() == LINE
        assert host == ["packages", "arch-test arm64"]
    assert (registry / "qemu-aarch64").read_text() == "-1", "the kernel's word for forgetting"


def test_what_somebody_else_registered_stays(registry: Path, host: list[str]) -> None:
    (registry / "qemu-aarch64").write_text("enabled")
    with emulation.runnable("arm64", lambda _: None):
        assert (registry / "register").read_text() == ""
    assert (registry / "qemu-aarch64").read_text() == "enabled"


def test_an_interpreter_that_file_trees_would_lack_is_refused(
    registry: Path, host: list[str]
) -> None:
    line = registry.parent / "binfmt.d" / "qemu-aarch64.conf"
    line.write_text(LINE.replace("OPF", "OP"))
    with (
        pytest.raises(PreflightError, match="has no flag F"),
        emulation.runnable("arm64", lambda _: None),
    ):
        pytest.fail("it must not begin")
    assert (registry / "register").read_text() == ""


def test_booting_under_emulation_is_no_proof(
    monkeypatch: pytest.MonkeyPatch, host: list[str]
) -> None:
    del host, monkeypatch
    image = LocalImage(
        content_hash="a" * 64, version_set="spark-3.5", architecture="arm64", layers=(), manifest={}
    )
    with pytest.raises(PreflightError, match="prove the AMI on an instance"):
        prove(image, lambda _: None)
