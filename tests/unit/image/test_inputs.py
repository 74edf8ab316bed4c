"""Equal inputs have one name; a changed one renames the layers above it and says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lakehouse.versions import load, load_set
from ops.image.inputs import LAYERS, REPOSITORY, changes, collect, debian_packages

_COPIED = ("ansible", "jvm", "node", "packer", "lakehouse", "ops/image")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in _COPIED:
        shutil.copytree(
            REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


@pytest.mark.parametrize(
    ("path", "layers"),
    [
        ("ops/image/base.py", ["base", "runtime", "startup", "project"]),
        ("packer/versions.auto.pkrvars.json", ["runtime", "startup", "project"]),
        ("ansible/roles/spark/tasks/install.yml", ["runtime", "startup", "project"]),
        ("ansible/roles/startup/files/record_classes.py", ["startup", "project"]),
        ("ansible/roles/node/tasks/install.yml", ["project"]),
        ("node/__init__.py", ["project"]),
        ("lakehouse/boot.py", ["project"]),
        ("jvm/pom.xml", ["runtime", "startup", "project"]),
        ("packer/build.pkr.hcl", ["project"]),
        ("lakehouse/errors.py", []),
        ("jvm/src/test/java/io/millrace/spark/FakeS3Tables.java", []),
    ],
)
def test_a_change_renames_its_layer_and_those_above(
    repository: Path, path: str, layers: list[str]
) -> None:
    before = collect(load(), "amd64", repository)
    with (repository / path).open("a", encoding="utf-8") as handle:
        handle.write("\n")
    after = collect(load(), "amd64", repository)
    assert [layer for layer in LAYERS if before.keys[layer] != after.keys[layer]] == layers


@pytest.mark.parametrize(
    ("path", "renamed"),
    [
        ("packer/versions.auto.pkrvars.json", ["spark-3.5"]),
        ("packer/spark-4.1.pkrvars.json", ["spark-4.1"]),
        ("ansible/roles/iceberg/tasks/install.yml", ["spark-3.5", "spark-4.1"]),
    ],
)
def test_pins_rename_the_images_of_their_set_alone(
    repository: Path, path: str, renamed: list[str]
) -> None:
    sets = [load_set("spark-3.5"), load_set("spark-4.1")]
    before = [collect(versions, "amd64", repository).content_hash for versions in sets]
    with (repository / path).open("a", encoding="utf-8") as handle:
        handle.write("\n")
    after = [collect(versions, "amd64", repository).content_hash for versions in sets]
    pairs = zip(sets, before, after, strict=True)
    assert [versions.version_set for versions, old, new in pairs if old != new] == renamed


def test_sets_share_the_layer_that_has_nothing_of_spark() -> None:
    old, new = (collect(load_set(name), "amd64") for name in ("spark-3.5", "spark-4.1"))
    assert [layer for layer in LAYERS if old.keys[layer] == new.keys[layer]] == ["base"]


def test_the_same_inputs_have_the_same_name(repository: Path) -> None:
    assert (
        collect(load(), "amd64", repository).content_hash
        == collect(load(), "amd64", REPOSITORY).content_hash
    )


def test_architectures_share_no_layer() -> None:
    amd64, arm64 = collect(load(), "amd64"), collect(load(), "arm64")
    assert not set(amd64.keys.values()) & set(arm64.keys.values())


def test_compiled_python_is_no_input(repository: Path) -> None:
    before = collect(load(), "amd64", repository)
    (repository / "node/__pycache__").mkdir()
    (repository / "node/__pycache__/boot.cpython-311.py").write_text("x", encoding="utf-8")
    assert collect(load(), "amd64", repository).content_hash == before.content_hash


def test_changes_are_named() -> None:
    before = {"node/boot.py": "1", "node/old.py": "1", "same": "1"}
    after = {"node/boot.py": "2", "node/new.py": "1", "same": "1"}
    assert changes(before, after) == ["node/boot.py", "node/new.py (new)", "node/old.py (removed)"]


def test_the_lowest_layer_brings_what_every_role_installs() -> None:
    assert {"openjdk-17-jre-headless", "nginx-light", "openssh-server"} <= debian_packages()
