"""The pin files: exact, checksummed, and the same for everyone who reads them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lakehouse.errors import ContractError
from lakehouse.versions import (
    DEFAULT_SET,
    PIN_FILE,
    JarArtefact,
    PythonArtefact,
    Versions,
    load,
    load_set,
    pin_files,
)

_REPOSITORY = Path(__file__).parents[3]
_SETS = [load_set(name) for name in pin_files()]
_ARTEFACTS = [each for pins in _SETS for each in (*pins.python_artefacts, *pins.jar_artefacts)]
_POM = (_REPOSITORY / "jvm" / "pom.xml").read_text(encoding="utf-8")

of_every_set = pytest.mark.parametrize("pins", _SETS, ids=lambda pins: pins.version_set)


def test_a_pin_file_is_called_after_its_set() -> None:
    assert {name: load(path).version_set for name, path in pin_files().items()} == {
        name: name for name in pin_files()
    }


def test_what_is_baked_unasked_is_the_set_that_packer_takes_by_itself() -> None:
    assert load().version_set == DEFAULT_SET == next(iter(pin_files()))


def test_a_set_is_called_after_its_spark() -> None:
    assert [pins.version_set for pins in _SETS] == [f"spark-{pins.line}" for pins in _SETS]


def test_an_unknown_set_is_refused_with_those_there_are() -> None:
    with pytest.raises(ContractError, match=r"no version set 'spark-2\.4'; choose one of spark-3"):
        load_set("spark-2.4")


@of_every_set
def test_python_packages_are_called_by_their_canonical_names(pins: Versions) -> None:
    names = [each.name for each in pins.python_artefacts]
    canonical = [re.sub(r"[-_.]+", "-", name).lower() for name in names]
    assert names == canonical, "the role compares them with what pip lists, written so (PEP 503)"


@pytest.mark.parametrize("artefact", _ARTEFACTS, ids=lambda artefact: artefact.file)
def test_an_artefact_has_a_checksum(artefact: PythonArtefact | JarArtefact) -> None:
    assert re.fullmatch("[0-9a-f]{64}", artefact.sha256)


@pytest.mark.parametrize("artefact", _ARTEFACTS, ids=lambda artefact: artefact.file)
def test_an_artefacts_file_carries_its_version(artefact: PythonArtefact | JarArtefact) -> None:
    assert f"-{artefact.version}" in artefact.file


@of_every_set
@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_an_architecture_has_every_python_package_once(pins: Versions, architecture: str) -> None:
    names = [artefact.name for artefact in pins.python_for(architecture)]
    assert sorted(names) == sorted({artefact.name for artefact in pins.python_artefacts})


@pytest.mark.parametrize("path", pin_files().values(), ids=lambda path: path.name)
def test_packer_declares_every_key_and_no_value_of_its_own(path: Path) -> None:
    declared = (_REPOSITORY / "packer" / "variables.pkr.hcl").read_text(encoding="utf-8")
    blocks = dict(re.findall(r'^variable "(\w+)" {\n(.*?)^}', declared, re.M | re.S))
    keys = json.loads(path.read_text(encoding="utf-8")).keys()
    assert [key for key in keys if key not in blocks or "default" in blocks[key]] == []


@of_every_set
@pytest.mark.parametrize(
    ("pom_property", "artifact"),
    [
        ("iceberg.version", "iceberg-aws-bundle"),
        ("s3tables.version", "s3tables"),
        ("s3-tables-catalog.version", "s3-tables-catalog-for-iceberg"),
        ("caffeine.version", "caffeine"),
        ("commons-configuration2.version", "commons-configuration2"),
    ],
)
def test_our_jar_is_compiled_against_what_a_machine_has(
    pins: Versions, pom_property: str, artifact: str
) -> None:
    pinned = next(jar.version for jar in pins.jar_artefacts if jar.artifact == artifact)
    assert f"<{pom_property}>{pinned}</{pom_property}>" in _POM


def _profile(pins: Versions) -> dict[str, str]:
    """Properties that our jar's build takes for a set."""
    profiles = re.findall(r"<profile>\s*<id>(.*?)</id>(.*?)</profile>", _POM, re.S)
    return dict(re.findall(r"<([\w.-]+)>([^<\s]+)</\1>", dict(profiles)[pins.version_set]))


@of_every_set
def test_our_jar_is_compiled_against_spark_of_the_sets_line(pins: Versions) -> None:
    profile = _profile(pins)
    assert (profile["spark.line"], profile["scala.version"]) == (pins.line, pins.versions["scala"])
    assert profile["spark.version"].rpartition(".")[0] == pins.line, "patches keep interfaces"


@of_every_set
def test_iceberg_is_made_for_the_sets_spark(pins: Versions) -> None:
    names = [jar.artifact for jar in pins.jar_artefacts]
    assert f"iceberg-spark-runtime-{pins.line}_{pins.versions['scala']}" in names


@of_every_set
def test_client_and_server_are_of_one_spark(pins: Versions) -> None:
    """From 4.0 on the Python package has the server in it; before, the jar is an artefact."""
    spark = {a.version for a in pins.python_artefacts if a.name == "pyspark"}
    connect = {jar.version for jar in pins.jar_artefacts if jar.artifact.startswith("spark-con")}
    assert spark == {pins.spark}
    assert connect == ({pins.spark} if pins.line.startswith("3.") else set())


def test_a_pin_file_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    raw = json.loads(PIN_FILE.read_text(encoding="utf-8"))
    path = tmp_path / "pins.json"
    path.write_text(json.dumps({**raw, "surprise": 1}), encoding="utf-8")
    with pytest.raises(ContractError, match="surprise"):
        load(path)
