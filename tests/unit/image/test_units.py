"""Every service of ours gives up what it does not need."""

from __future__ import annotations

from configparser import RawConfigParser
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).parents[3]
_UNITS = sorted((_REPOSITORY / "ansible" / "roles").glob("*/templates/*.service.j2"))
_HARDENING = ["NoNewPrivileges", "PrivateTmp"]
_MOUNTS_FOR_ALL = {"millrace-scratch.service.j2"}
"""Any private view of the file system would keep their mounts from everybody else."""


class _Unit(RawConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


def _service(path: Path) -> dict[str, str]:
    unit = _Unit(strict=False)
    unit.read_string(path.read_text(encoding="utf-8"))
    return dict(unit["Service"])


@pytest.mark.parametrize("setting", _HARDENING)
@pytest.mark.parametrize("path", _UNITS, ids=lambda path: path.name)
def test_a_service_is_hardened(path: Path, setting: str) -> None:
    wanted = None if path.name in _MOUNTS_FOR_ALL and setting == "PrivateTmp" else "yes"
    assert _service(path).get(setting) == wanted


@pytest.mark.parametrize("path", _UNITS, ids=lambda path: path.name)
def test_a_service_starts_a_program_by_its_whole_path(path: Path) -> None:
    assert _service(path)["ExecStart"].lstrip("-").startswith("/")


@pytest.mark.parametrize(
    "path", [p for p in _UNITS if p.name.startswith("spark-")], ids=lambda path: path.name
)
def test_spark_never_runs_as_root(path: Path) -> None:
    assert _service(path)["User"] == "spark"
