"""The pin file: exact, checksummed, and the same for everyone who reads it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lakehouse.errors import ContractError
from lakehouse.versions import PIN_FILE, JarArtefact, PythonArtefact, load

_REPOSITORY = Path(__file__).parents[3]
_PINS = load()
_ARTEFACTS = [*_PINS.python_artefacts, *_PINS.jar_artefacts]


@pytest.mark.parametrize("artefact", _ARTEFACTS, ids=lambda artefact: artefact.file)
def test_an_artefact_has_a_checksum(artefact: PythonArtefact | JarArtefact) -> None:
    assert re.fullmatch("[0-9a-f]{64}", artefact.sha256)


@pytest.mark.parametrize("artefact", _ARTEFACTS, ids=lambda artefact: artefact.file)
def test_an_artefacts_file_carries_its_version(artefact: PythonArtefact | JarArtefact) -> None:
    assert f"-{artefact.version}" in artefact.file


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_an_architecture_has_every_python_package_once(architecture: str) -> None:
    names = [artefact.name for artefact in _PINS.python_for(architecture)]
    assert sorted(names) == sorted({artefact.name for artefact in _PINS.python_artefacts})


def test_packer_declares_every_key_and_no_value_of_its_own() -> None:
    declared = (_REPOSITORY / "packer" / "variables.pkr.hcl").read_text(encoding="utf-8")
    blocks = dict(re.findall(r'^variable "(\w+)" {\n(.*?)^}', declared, re.M | re.S))
    keys = json.loads(PIN_FILE.read_text(encoding="utf-8")).keys()
    assert [key for key in keys if key not in blocks or "default" in blocks[key]] == []


@pytest.mark.parametrize(
    ("pom_property", "artifact"),
    [
        ("spark.version", "spark-connect_2.12"),
        ("iceberg.version", "iceberg-aws-bundle"),
        ("iceberg.version", "iceberg-spark-runtime-3.5_2.12"),
        ("s3tables.version", "s3tables"),
        ("s3-tables-catalog.version", "s3-tables-catalog-for-iceberg"),
        ("caffeine.version", "caffeine"),
        ("commons-configuration2.version", "commons-configuration2"),
    ],
)
def test_our_jar_is_compiled_against_what_a_machine_has(pom_property: str, artifact: str) -> None:
    pom = (_REPOSITORY / "jvm" / "pom.xml").read_text(encoding="utf-8")
    pinned = next(jar.version for jar in _PINS.jar_artefacts if jar.artifact == artifact)
    assert f"<{pom_property}>{pinned}</{pom_property}>" in pom


def test_client_and_server_are_of_one_spark() -> None:
    spark = {a.version for a in _PINS.python_artefacts if a.name == "pyspark"}
    connect = {jar.version for jar in _PINS.jar_artefacts if jar.artifact.startswith("spark-con")}
    assert spark == connect == {_PINS.spark}


def test_a_pin_file_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    raw = json.loads(PIN_FILE.read_text(encoding="utf-8"))
    path = tmp_path / "pins.json"
    path.write_text(json.dumps({**raw, "surprise": 1}), encoding="utf-8")
    with pytest.raises(ContractError, match="surprise"):
        load(path)
