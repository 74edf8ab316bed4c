"""Sealing takes away what the bake left, inside the tree only."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.image.seal import seal


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for folder in ("etc/ssh", "root/.ssh", "tmp", "var/log"):
        (root / folder).mkdir(parents=True)
    return root


@pytest.mark.parametrize(
    "residue",
    ["etc/ssh/ssh_host_ed25519_key", "root/.ssh/authorized_keys", "tmp/x", "var/log/dpkg.log"],
)
def test_a_residue_is_removed(root: Path, residue: str) -> None:
    (root / residue).write_text("x", encoding="utf-8")
    seal(root)
    assert not (root / residue).exists()


def test_a_machine_makes_its_own_identity(root: Path) -> None:
    (root / "etc/machine-id").write_text("0123\n", encoding="utf-8")
    seal(root)
    assert (root / "etc/machine-id").read_bytes() == b""


def test_what_a_link_points_to_stays(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x", encoding="utf-8")
    (root / "tmp/link").symlink_to(outside)
    seal(root)
    assert ((outside / "kept").exists(), (root / "tmp/link").is_symlink()) == (True, False)
