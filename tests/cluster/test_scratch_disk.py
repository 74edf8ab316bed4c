"""A disk really becomes scratch space: a loop device stands in for the local disk of a machine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from node import files, paths, scratch

pytestmark = pytest.mark.cluster

MIB = 64


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Path]:
    image = tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(MIB * 1024 * 1024)
    made = subprocess.run(
        ["losetup", "--find", "--show", str(image)], capture_output=True, text=True, check=True
    )
    loop = Path(made.stdout.strip())
    yield loop
    subprocess.run(["losetup", "--detach", str(loop)], check=True)


def test_what_was_on_a_disk_is_gone_and_spark_owns_it(
    device: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = files.ids_of("nobody")
    real = files.ensure_directory
    owners = {paths.SPARK_USER: nobody, "root": (0, 0)}
    monkeypatch.setattr(files, "ensure_directory", lambda each: real(each, owners.__getitem__))
    place = scratch.Scratch(device=device, directory=tmp_path / "scratch/0")
    for _ in range(2):
        directory = scratch.prepare(place, scratch.run)
        try:
            assert directory.is_mount()
            assert directory.stat().st_uid == nobody[0]
            assert {each.name for each in directory.iterdir()} <= {"lost+found"}
            (directory / "shuffle_0_0_0.data").write_bytes(b"of an earlier life")
        finally:
            subprocess.run(["umount", str(directory)], check=True)
