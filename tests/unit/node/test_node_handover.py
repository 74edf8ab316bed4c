"""What a worker holds, which decides how long it may work on."""

from __future__ import annotations

from pathlib import Path

from node import handover


def test_files_of_all_local_directories_are_counted(tmp_path: Path) -> None:
    for name, size in (("a/blockmgr-1/0c/x.data", 1000), ("b/y.index", 24)):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_bytes(bytes(size))
    (tmp_path / "a" / "link").symlink_to(tmp_path / "b")
    given = f"{tmp_path / 'a'},{tmp_path / 'b'},{tmp_path / 'missing'}"
    assert handover.stored(handover.local_directories(given)) in range(1024, 1024 + 4096), (
        "each file once, links as links, and a directory that is gone is empty"
    )
    assert handover.stored(handover.local_directories("")) == 0
