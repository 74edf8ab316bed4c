"""Pruning frees what nothing needs and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.image.prune import drop_orphans, prune


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILLRACE_CACHE", str(tmp_path))
    (tmp_path / "layers").mkdir()
    for age, name in enumerate(("oldest", "older", "newest")):
        image = tmp_path / "images" / name
        image.mkdir(parents=True)
        (tmp_path / "layers" / f"{name}.squashfs").write_text(name, encoding="utf-8")
        os.link(tmp_path / "layers" / f"{name}.squashfs", image / "project.squashfs")
        (image / "image.json").write_text("{}", encoding="utf-8")
        os.utime(image / "image.json", (age, age))
    return tmp_path


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("keep", "used", "left"),
    [
        (1, set(), ["newest"]),
        (2, set(), ["newest", "older"]),
        (1, {"oldest"}, ["newest", "oldest"]),
        (9, set(), ["newest", "older", "oldest"]),
    ],
)
def test_the_newest_and_the_used_stay(
    cache: Path, keep: int, used: set[str], left: list[str]
) -> None:
    prune(cache / "images", cache / "layers", keep, used, lambda _: None)
    assert _names(cache / "images") == left


def test_a_layer_goes_with_its_last_image(cache: Path) -> None:
    prune(cache / "images", cache / "layers", 1, set(), lambda _: None)
    assert _names(cache / "layers") == ["newest.squashfs"]


def test_a_layer_about_to_be_used_stays(cache: Path) -> None:
    fresh = cache / "layers" / "fresh.squashfs"
    fresh.write_text("x", encoding="utf-8")
    drop_orphans(cache / "layers", keep=[fresh])
    assert fresh.exists()
