"""Ten machines are taken in every way while queries and writes run, and nobody notices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster.conftest import Lakehouse

pytestmark = pytest.mark.cluster

INTERRUPTIONS = 10
SOAK_SECONDS = 1500


def test_ten_interruptions_fail_nothing_and_leave_every_table_as_undisturbed(
    lakehouse: Lakehouse, tmp_path: Path
) -> None:
    done = lakehouse.cli.run(
        "chaos",
        "soak",
        "--interruptions",
        str(INTERRUPTIONS),
        "--report",
        str(tmp_path),
        check=False,
        deadline=SOAK_SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    report = json.loads((tmp_path / "report.json").read_text())
    taken = sum(len(each["machines"]) for each in report["strikes"])
    assert taken == INTERRUPTIONS, "the record must be of as many machines as were asked for"
    assert report["problems"] == []
    assert all(each["done"] for each in report["statements"]), "every kind of work must have run"
    assert all(each["snapshots"] for each in report["tables"]), "and every table been written"
