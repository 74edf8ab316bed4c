"""The emulated account's instances are machines that boot, answer, die and leave nothing.

The local cloud alone, without a stack: instances are launched through the SDK, from the baked
image with one small layer on top that lets the test in.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.cloud import Cloud
from local.snapshot import Snapshot
from ops.image.bake import ensure_local_image
from tests.cluster.cloud.lab import NAME, Lab, free_port, furnish, layered, remove
from toolchain.progress import Progress


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with an image in it that lets a key in.

    The cloud's state is at its usual place, so that the next run finds what a killed one left.
    """
    folder = tmp_path_factory.mktemp("cloud")
    layers = list(ensure_local_image(Progress()).layers)
    key = folder / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=30
    )
    (folder / "hash").write_text(layered(folder, layers, key.with_suffix(".pub").read_text()))
    return folder


@pytest.fixture(scope="module")
def lab(scratch: Path) -> Iterator[Lab]:
    """One cloud per file, so that none is up while another folder's cloud is tested."""
    cloud = Cloud(NAME, free_port(), cache=scratch)
    cloud.stop(Progress())
    before = Snapshot.take()
    cloud.start(Progress())
    try:
        yield furnish(cloud, scratch)
    finally:
        remove(cloud)
    left = Snapshot.take().since(before, about=[NAME, str(scratch)])
    assert not left, f"a stop must leave the host as it was; these stayed: {left}"


@pytest.fixture(scope="module")
def instance(lab: Lab) -> Iterator[dict[str, Any]]:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "guinea-pig"}]}]
    launched = lab.launch(UserData="hello from the account", TagSpecifications=tags)
    lab.ssh(launched, "true")
    yield launched
    lab.terminate(launched)
