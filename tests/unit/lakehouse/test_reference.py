"""The reference page is what the model says."""

from __future__ import annotations

from pathlib import Path

from lakehouse.reference import config_page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "config.md"


def test_the_committed_page_is_the_rendered_one() -> None:
    assert PAGE.read_text() == config_page(), "run `make docs`"


def test_every_row_is_complete() -> None:
    rows = [line for line in config_page().splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    for row in rows:
        assert all(cell.strip() for cell in row.split(" | ")), row
