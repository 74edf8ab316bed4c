"""What the matrix' record allows, and that the page and the record are in step."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import ContractError
from lakehouse.versions import load_set, pin_files
from ops.matrix import page, record
from ops.reference import PAGES, ROOT

sys.path.insert(0, str(ROOT / "client"))

from ops.matrix import cell

OLD, NEW = "spark-3.5", "spark-4.1"
FINE = {"SQL": "", "UDF": ""}
REFUSED = record.Cell(client=NEW, refused="a client may be older than its server", seconds=1)


def tried(client: str, **checks: str) -> record.Cell:
    return record.Cell(client=client, checks={**FINE, **checks}, seconds=12.34)


def row(version_set: str, *cells: record.Cell, **changes: Any) -> record.ServerRecord:
    fields: dict[str, Any] = {
        "version_set": version_set,
        "components": load_set(version_set).versions,
        "pins": record.pins_of(version_set),
        "content_hash": "c" * 64,
        "architecture": "amd64",
        "time": "2026-11-21T12:00:00Z",
        "cells": cells,
    }
    return record.ServerRecord(**{**fields, **changes})


PASSED = record.Record(
    servers=(row(OLD, tried(OLD), REFUSED), row(NEW, tried(OLD), tried(NEW))),
)


def refusal(made: record.Record, version_set: str = NEW, **components: str) -> str:
    return record.unpublishable(version_set, components or load_set(version_set).versions, made)


@pytest.mark.parametrize("version_set", [OLD, NEW])
def test_a_set_whose_clients_all_did_as_they_should_may_be_promoted(version_set: str) -> None:
    assert refusal(PASSED, version_set) == ""


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (record.Record(), "version set spark-4.1 never passed its matrix"),
        (PASSED.with_server(row(NEW, tried(OLD))), "no client of spark-4.1 was tried"),
        (
            PASSED.with_server(row(NEW, tried(OLD, UDF="TypeError: no"), tried(NEW))),
            "a client of spark-3.5 was not passed but failed (UDF: TypeError: no)",
        ),
        (
            PASSED.with_server(row(NEW, tried(OLD), record.Cell(client=NEW, seconds=1))),
            "a client of spark-4.1 was not passed but failed",
        ),
        (
            PASSED.with_server(row(NEW, tried(OLD), tried(NEW), components={"spark": "4.1.1"})),
            "spark 4.1.1, the image 4.1.4",
        ),
    ],
)
def test_a_set_may_not_be_promoted(made: record.Record, reason: str) -> None:
    assert reason in refusal(made)


def test_a_newer_client_that_is_let_in_is_a_fault() -> None:
    made = PASSED.with_server(row(OLD, tried(OLD), tried(NEW)))
    assert "a client of spark-4.1 was not refused but passed" in refusal(made, OLD)


def test_a_set_that_nobody_knows_never_passed() -> None:
    assert "version set spark-9.9 never passed" in refusal(PASSED, "spark-9.9", spark="9.9.1")


def test_an_image_of_other_versions_than_were_tried_waits() -> None:
    assert "(spark 3.5.7, the image 3.5.9)" in refusal(PASSED, OLD, spark="3.5.9")


def test_a_record_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    record.write(PASSED, tmp_path / "matrix.json")
    assert record.read(tmp_path / "matrix.json") == PASSED


def test_a_file_that_is_no_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "matrix.json").write_text('{"servers": [1]}', encoding="utf-8")
    with pytest.raises(ContractError, match="is no record of the matrix"):
        record.read(tmp_path / "matrix.json")


def test_a_run_of_one_server_keeps_the_others_rows() -> None:
    again = PASSED.with_server(row(OLD, tried(OLD), REFUSED, time="2026-12-01T00:00:00Z"))
    assert [each.version_set for each in again.servers] == [OLD, NEW]
    assert again.of(NEW) == PASSED.of(NEW)


def test_the_page_has_a_row_for_every_server_and_a_column_for_every_client() -> None:
    text = page.version_sets_page(PASSED)
    assert "| server | client 3.5.7 | client 4.1.4 | tried |" in text
    assert "| `spark-3.5` (3.5.7) | passes | refused | 2026-11-21, amd64 |" in text
    assert "| `spark-4.1` (4.1.4) | passes | passes | 2026-11-21, amd64 |" in text


def test_the_page_says_what_was_not_tried() -> None:
    text = page.version_sets_page(record.Record())
    assert "| `spark-4.1` (4.1.4) | not tried | not tried | never |" in text


@pytest.mark.parametrize("name", ["docs/reference/version-sets.md"])
def test_a_generated_page_is_in_step_with_what_it_is_made_from(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("version_set", pin_files())
def test_the_committed_record_is_of_the_pins_as_they_are_and_passed(version_set: str) -> None:
    kept = record.read().of(version_set)
    assert kept, "run `lakehouse image matrix` and commit its record"
    assert kept.pins == record.pins_of(version_set), "the pins changed: run the matrix again"
    assert kept.fault == ""
    tried_with_all = [each for each in kept.cells if not each.refused]
    for each in tried_with_all:
        assert list(each.checks) == [*cell.CHECKS, "dropped through the account"]
