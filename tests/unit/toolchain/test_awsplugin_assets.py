"""Assets as files named by their content."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import ContractError
from toolchain.awsplugin.assets import AssetStore
from toolchain.awsplugin.wire import Asset

TAG = "4dabf18193072939515e22adb298388d"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    (folder / "fn" / "deep").mkdir(parents=True)
    (folder / "fn" / "index.py").write_text("one")
    (folder / "fn" / "deep" / "run.sh").write_text("two")
    (folder / "fn" / "deep" / "run.sh").chmod(0o755)
    return folder


@pytest.fixture
def store(tmp_path: Path, program: Path) -> AssetStore:
    return AssetStore(tmp_path / "assets", program)


def asset(**wire: Any) -> Asset:
    return Asset({TAG: ASSET, **wire})


def archive(**wire: Any) -> Asset:
    return Asset({TAG: ARCHIVE, **wire})


def test_a_folder_becomes_an_archive_with_its_modes(store: AssetStore) -> None:
    with zipfile.ZipFile(store.file(archive(path="./fn"))) as found:
        assert found.namelist() == ["deep/run.sh", "index.py"]
        modes = [oct(info.external_attr >> 16 & 0o777) for info in found.infolist()]
    assert modes == ["0o755", "0o644"]


def test_the_same_content_is_the_same_file_whatever_its_dates(
    store: AssetStore, program: Path
) -> None:
    first = store.file(archive(path="./fn"))
    os.utime(program / "fn" / "index.py", (1, 1))
    assert store.file(archive(path="./fn")) == first


def test_other_content_is_another_file(store: AssetStore, program: Path) -> None:
    first = store.file(archive(path="./fn"))
    (program / "fn" / "index.py").write_text("three")
    assert store.file(archive(path="./fn")) != first


def test_texts_and_archives_of_assets_are_taken(store: AssetStore) -> None:
    inner = {"a.txt": {TAG: ASSET, "text": "hello"}, "code": {TAG: ARCHIVE, "path": "./fn"}}
    with zipfile.ZipFile(store.file(archive(assets=inner))) as found:
        assert found.namelist() == ["a.txt", "code/deep/run.sh", "code/index.py"]
        assert found.read("a.txt") == b"hello"


def test_the_engines_hash_names_the_file(store: AssetStore) -> None:
    digest = hashlib.sha256(b"hello").hexdigest()
    whole = store.file(asset(text="hello", hash=digest))
    assert whole.name == digest
    assert store.file(asset(hash=digest)) == whole, "a comparison is given the hash only"


def test_a_hash_alone_makes_no_file(store: AssetStore) -> None:
    assert not store.file(archive(hash="ab", assets={})).exists()


def test_a_missing_file_is_told_with_its_place(store: AssetStore) -> None:
    with pytest.raises(ContractError, match=r"nowhere\.zip: No such file"):
        store.file(archive(path="nowhere.zip"))


def test_a_state_may_move_to_another_machine(store: AssetStore, tmp_path: Path) -> None:
    path = str(store.file(asset(text="hello")))
    kept = store.hide({"filename": path, "other": [path, "/etc/passwd"]})
    assert str(tmp_path) not in repr(kept)
    other = AssetStore(Path("/elsewhere"), Path("/"))
    assert other.show(kept)["filename"] == f"/elsewhere/{Path(path).name}"
    assert store.show(kept) == {"filename": path, "other": [path, "/etc/passwd"]}
