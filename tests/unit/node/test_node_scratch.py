"""Local disks become scratch space; a volume never does."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from node import files, paths, scratch
from node.errors import NodeError
from node.render import environment
from node.scratch import MODEL, Disk, plan

VOLUME = "Amazon Elastic Block Store"


def disk(name: str, model: str = MODEL, *, used: bool = False) -> Disk:
    return Disk(device=Path("/dev") / name, model=model, used=used)


def places(*disks: Disk) -> dict[str, str]:
    return {each.device.name: each.directory.name for each in plan(disks)}


def test_a_type_without_local_disks_changes_nothing() -> None:
    assert plan([disk("nvme0n1", VOLUME, used=True)]) == []
    assert plan([]) == []


def test_a_volume_is_never_wiped_even_if_nobody_uses_it() -> None:
    assert plan([disk("nvme0n1", VOLUME), disk("nvme1n1", "QEMU HARDDISK")]) == []


def test_every_local_disk_gets_a_place_of_its_own() -> None:
    found = places(disk("nvme10n1"), disk("nvme2n1"), disk("nvme0n1", VOLUME, used=True))
    assert found == {"nvme2n1": "0", "nvme10n1": "1"}


def test_one_that_is_in_use_is_left_alone_and_keeps_its_place() -> None:
    assert places(disk("nvme1n1", used=True), disk("nvme2n1")) == {"nvme2n1": "1"}


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """`/proc` and `/sys` of an m7gd: a root volume with a partition and two local disks."""
    for name, model in (("nvme0n1", VOLUME), ("nvme1n1", MODEL), ("nvme2n1", MODEL)):
        (tmp_path / f"sys/block/{name}/device").mkdir(parents=True)
        (tmp_path / f"sys/block/{name}/device/model").write_text(f"{model}  \n")
    (tmp_path / "sys/block/nvme0n1/nvme0n1p1").mkdir()
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/mounts").write_text(
        "/dev/nvme0n1p1 / ext4 rw 0 0\n/dev/nvme1n1 /mnt/scratch/0 ext4 rw 0 0\n"
    )
    return tmp_path


def test_the_machine_tells_which_disks_are_local_and_in_use(machine: Path) -> None:
    assert scratch.disks(machine) == [
        disk("nvme0n1", VOLUME, used=True),
        disk("nvme1n1", used=True),
        disk("nvme2n1"),
    ]


def test_without_the_mounts_nothing_is_touched(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="no disk is known to be free"):
        scratch.disks(tmp_path)


def test_it_is_wiped_mounted_and_given_to_spark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {paths.SPARK_USER: (os.getuid(), os.getgid()), "root": (os.getuid(), os.getgid())}
    made: list[files.RenderedDirectory] = []
    real = files.ensure_directory

    def ensure(directory: files.RenderedDirectory) -> None:
        made.append(directory)
        real(directory, own.__getitem__)

    monkeypatch.setattr(files, "ensure_directory", ensure)
    ran: list[str] = []
    place = scratch.Scratch(device=Path("/dev/nvme1n1"), directory=tmp_path / "scratch/0")
    scratch.prepare(place, lambda command: ran.append(command[0]))
    assert ran == ["mkfs.ext4", "mount"]
    assert (made[-1].owner, made[-1].mode) == (paths.SPARK_USER, 0o750)


def test_boot_reads_what_was_prepared(tmp_path: Path) -> None:
    state = tmp_path / "directories.json"
    assert scratch.directories(state) == ()
    state.write_text(json.dumps(["/mnt/scratch/0"]))
    assert scratch.directories(state) == (Path("/mnt/scratch/0"),)
    state.write_text("{")
    assert scratch.directories(state) == (), "the root volume is there"


def test_spark_s_files_go_to_local_disks_where_there_are_some(
    worker: Any, instance: Any, sizes: Any
) -> None:
    two = (Path("/mnt/scratch/0"), Path("/mnt/scratch/1"))
    text = environment.render(worker, instance, sizes, two)
    assert 'SPARK_LOCAL_DIRS="/mnt/scratch/0,/mnt/scratch/1"' in text
    assert 'SPARK_LOCAL_DIRS="/var/lib/spark/local"' in environment.render(worker, instance, sizes)
