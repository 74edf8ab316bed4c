"""A machine is bounded by its instance type, under either version of control groups."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local.cgroups import Cgroups, Limits

LIMITS = Limits(memory_mib=2048, cpus=1.5)


@pytest.fixture
def hybrid(tmp_path: Path) -> Cgroups:
    for name in ("memory", "cpu", "pids", "systemd", "unified", "blkio"):
        (tmp_path / name).mkdir()
    return Cgroups(tmp_path)


@pytest.fixture
def unified(tmp_path: Path) -> Cgroups:
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    return Cgroups(tmp_path)


def written(cgroups: Cgroups) -> dict[str, str]:
    return {
        str(path.relative_to(cgroups.root)): text
        for path, text in cgroups.limit_files("millrace.x/i-1", LIMITS).items()
    }


def test_version_1_limits_are_in_the_memory_and_cpu_hierarchies(hybrid: Cgroups) -> None:
    assert written(hybrid) == {
        "memory/millrace.x/i-1/memory.limit_in_bytes": "2147483648",
        "cpu/millrace.x/i-1/cpu.cfs_period_us": "100000",
        "cpu/millrace.x/i-1/cpu.cfs_quota_us": "150000",
    }


def test_version_2_limits_are_in_the_one_hierarchy(unified: Cgroups) -> None:
    assert written(unified) == {
        "millrace.x/i-1/memory.max": "2147483648",
        "millrace.x/i-1/cpu.max": "150000 100000",
    }


def test_a_version_1_group_is_made_in_every_hierarchy_that_holds_processes(
    hybrid: Cgroups,
) -> None:
    hybrid.create("millrace.x/i-1", LIMITS)
    made = {path.parents[1].name for path in hybrid.root.glob("*/millrace.x/i-1")}
    assert made == {"memory", "cpu", "pids", "systemd", "unified"}


def test_version_2_controllers_reach_down_to_the_machine(unified: Cgroups) -> None:
    unified.create("millrace.x/i-1", LIMITS)
    for parent in (unified.root, unified.root / "millrace.x"):
        assert (parent / "cgroup.subtree_control").read_text() == "+memory +cpu +pids"
    assert not (unified.root / "millrace.x/i-1/cgroup.subtree_control").exists()


def test_a_shell_that_cannot_join_ends(hybrid: Cgroups) -> None:
    script = hybrid.join_script("millrace.x/i-1")
    assert all(line.endswith("|| exit 125") for line in script.splitlines())


def test_processes_are_found_below_the_group_too(hybrid: Cgroups) -> None:
    deep = hybrid.root / "systemd/millrace.x/i-1/payload"
    deep.mkdir(parents=True)
    (deep / "cgroup.procs").write_text("12\n7\n")
    assert hybrid.processes("millrace.x") == [7, 12]


def test_a_group_that_vanishes_while_it_is_read_is_left_out(
    hybrid: Cgroups, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = hybrid.root / "systemd/millrace.x/i-1/payload/some.mount"
    gone.mkdir(parents=True)
    (gone.parent / "cgroup.procs").write_text("7\n")
    scan = os.scandir

    def vanish(path: str) -> object:
        if str(path) == str(gone):
            raise FileNotFoundError(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", vanish)
    assert hybrid.processes("millrace.x") == [7], "machines shut down while they are looked at"


def test_a_version_2_group_says_whether_it_is_populated(unified: Cgroups) -> None:
    group = unified.root / "millrace.x"
    group.mkdir()
    (group / "cgroup.events").write_text("populated 1\nfrozen 0\n")
    assert unified.populated("millrace.x")
    assert not unified.populated("millrace.y")


def test_removing_what_is_not_there_is_done(hybrid: Cgroups) -> None:
    hybrid.create("millrace.x/i-1")
    hybrid.remove("millrace.x")
    hybrid.remove("millrace.x")
    assert hybrid.children("millrace.x") == []
