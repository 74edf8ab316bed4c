"""Image tests: the same files over the bake's connection, a file tree, and a booted machine.

Say where with ``--hosts=ssh://...`` while Packer builds and on a running machine, and with
``--connection=chroot --hosts=FOLDER`` on the tree about to become an image. Marker `install`
needs only files and programs, marker `boot` a machine that has booted. ``--version-set=...``
says which pins the image has to keep.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from lakehouse.versions import DEFAULT_SET, pin_file
from ops.image.layer import EMULATED


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which version set the image is of."""
    parser.addoption("--version-set", default=DEFAULT_SET, help="version set of the image")


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for every jar and every Python package of the pin file."""
    pins = _pins(metafunc.config)
    if "jar" in metafunc.fixturenames:
        metafunc.parametrize("jar", pins["jar_artefacts"], ids=lambda jar: jar["artifact"])
    if "python_package" in metafunc.fixturenames:
        names = sorted({artefact["name"] for artefact in pins["python_artefacts"]})
        metafunc.parametrize("python_package", names)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Never test the machine that runs the tests by mistake."""
    if items and not config.getoption("--hosts"):
        msg = "image tests need a machine: --hosts=ssh://..., or --connection=chroot --hosts=FOLDER"
        raise pytest.UsageError(msg)


@pytest.fixture(scope="session")
def netfilter() -> None:
    """What a test uses that asks the kernel about packet filters."""
    if os.environ.get(EMULATED):
        pytest.skip("QEMU's user-mode emulation passes no netfilter messages to the kernel")


@pytest.fixture(scope="session")
def pins(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The pin file."""
    return _pins(request.config)


@pytest.fixture(scope="session")
def versions(pins: dict[str, Any]) -> dict[str, str]:
    """Component -> version."""
    return pins["versions"]


def _pins(config: pytest.Config) -> dict[str, Any]:
    return json.loads(pin_file(config.getoption("--version-set")).read_text(encoding="utf-8"))
