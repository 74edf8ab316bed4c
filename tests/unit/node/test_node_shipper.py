"""Which machine ships what, and from what it knows that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lakehouse.boot import BootDocument, BootDocumentError
from node import paths, shipper


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "boot.json"
    monkeypatch.setattr(paths, "BOOT_DOCUMENT", path)
    return path


def test_a_machine_that_booted_knows_from_boot(
    leader: BootDocument, document: Path, imds: Any
) -> None:
    document.write_text(leader.to_json())
    assert shipper.document_of(imds.client()) == leader
    assert imds.seen == [], "the metadata service is asked where nothing else is left"


def test_a_machine_that_failed_to_boot_ships_what_it_said(
    leader: BootDocument, document: Path, imds: Any
) -> None:
    imds.entries["user-data"] = leader.to_json()
    assert shipper.document_of(imds.client()) == leader


def test_a_machine_that_was_told_nonsense_has_nowhere_to_ship_to(document: Path, imds: Any) -> None:
    imds.entries["user-data"] = "#!/bin/sh"
    with pytest.raises(BootDocumentError):
        shipper.document_of(imds.client())


def test_a_worker_writes_no_audit(leader: BootDocument, worker: BootDocument) -> None:
    known = {"log_group": "/a", "audit_log_group": "/b"}
    assert shipper.groups_of(replace(leader, **known)) == {"logs": "/a", "audit": "/b"}  # type: ignore[arg-type]
    assert shipper.groups_of(replace(worker, **known)) == {"logs": "/a"}  # type: ignore[arg-type]


def test_a_machine_without_groups_keeps_its_logs(leader: BootDocument) -> None:
    assert shipper.groups_of(leader) == {}
