"""Nothing of the machine that was baked is in the image. Runs on the halted machine's tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.install

_LISTS = yaml.safe_load(
    (Path(__file__).parents[2] / "ansible/roles/image_hygiene/defaults/main.yml").read_text(
        encoding="utf-8"
    )
)


@pytest.mark.parametrize("pattern", _LISTS["image_hygiene_removed"])
def test_a_residue_is_gone(host: Any, pattern: str) -> None:
    found = host.run(f"ls -d {pattern}")
    assert (found.rc, found.stdout) == (2, "")


@pytest.mark.parametrize("path", _LISTS["image_hygiene_emptied"])
def test_a_record_of_the_bake_is_empty(host: Any, path: str) -> None:
    found = host.file(path)
    assert not found.exists or found.size == 0


def test_no_key_logs_in(host: Any) -> None:
    found = host.run("find / -xdev -name authorized_keys")
    assert (found.rc, found.stdout) == (0, "")


def test_no_private_key_is_left(host: Any) -> None:
    begin = "-----BEGIN .*PRIVATE KEY"
    found = host.run(f"grep -rlI --exclude-dir=venv -- '{begin}' /etc /root /opt /home")
    assert (found.rc, found.stdout) == (1, "")


def test_no_authority_was_added_to_debians(host: Any) -> None:
    found = host.run("find /etc/ssl/certs -type l -lname '*usr/local/share*'")
    assert (found.rc, found.stdout) == (0, "")
