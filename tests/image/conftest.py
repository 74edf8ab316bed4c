"""Image tests: the same files over the bake's connection, a file tree, and a booted machine.

Say where with ``--hosts=ssh://...`` while Packer builds and on a running machine, and with
``--connection=chroot --hosts=FOLDER`` on the tree about to become an image. Marker `install`
needs only files and programs, marker `boot` a machine that has booted.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

_PINS = Path(__file__).parents[2] / "packer" / "versions.auto.pkrvars.json"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Never test the machine that runs the tests by mistake."""
    if items and not config.getoption("--hosts"):
        msg = "image tests need a machine: --hosts=ssh://..., or --connection=chroot --hosts=FOLDER"
        raise pytest.UsageError(msg)


@pytest.fixture(scope="session")
def pins() -> dict[str, Any]:
    """The pin file."""
    return json.loads(_PINS.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def versions(pins: dict[str, Any]) -> dict[str, str]:
    """Component -> version."""
    return pins["versions"]
