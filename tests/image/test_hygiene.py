"""Nothing of the machine that was baked is in the image. Runs on the halted machine's tree."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
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


# Debian's own files are no secrets of ours, whatever they are called.
# A layer below the project's has no /opt/millrace yet.
_FOLDERS = "$(ls -d /etc /home /opt/millrace /root /var/lib/spark 2>/dev/null)"
_OURS = f"{_FOLDERS} -xdev -path /etc/pam.d -prune -o -type f"
_NAMES = ("*secret*", "*token*", "*password*", "*credential*", "*.key")
_SETTINGS = ("*.conf", "*.env", "*.ini", "*.json", "*.properties", "*.yaml", "*.yml")
_SECRET = r"(authenticate\.secret|aws_secret_access_key|password|token)\W{1,4}\w{12,}"


def _named(patterns: Iterable[str]) -> str:
    return f"\\( {' -o '.join(f'-iname {shlex.quote(pattern)}' for pattern in patterns)} \\)"


def test_no_file_that_is_named_a_secret_is_open_to_everyone(host: Any) -> None:
    found = host.run(f"find {_OURS} -perm /o=r -not -name '*.py*' {_named(_NAMES)} -print")
    assert (found.rc, found.stdout) == (0, "")


def test_no_setting_that_everyone_can_read_holds_a_secret(host: Any) -> None:
    search = f"-exec grep -lIiE -e {shlex.quote(_SECRET)} {{}} \\;"
    found = host.run(f"find {_OURS} -perm /o=r {_named(_SETTINGS)} {search}")
    assert (found.rc, found.stdout) == (0, "")


def test_no_authority_was_added_to_debians(host: Any) -> None:
    found = host.run("find /etc/ssl/certs -type l -lname '*usr/local/share*'")
    assert (found.rc, found.stdout) == (0, "")
