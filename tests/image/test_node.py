"""The agent, its units and what tells a machine's make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.install

_ROLE = Path(__file__).parents[2] / "ansible" / "roles" / "node"
_UNITS = sorted(path.name.removesuffix(".j2") for path in (_ROLE / "templates").glob("*.j2"))
_SERVICES = [unit for unit in _UNITS if unit.endswith(".service")]


@pytest.mark.parametrize("unit", _UNITS)
def test_a_unit_has_no_fault_that_systemd_finds(host: Any, unit: str) -> None:
    result = host.run(f"systemd-analyze verify --man=no /etc/systemd/system/{unit}")
    ours = [line for line in result.stderr.splitlines() if unit in line]
    assert ours == []


@pytest.mark.parametrize("unit", _SERVICES)
def test_a_service_gives_up_what_it_does_not_need(host: Any, unit: str) -> None:
    text = host.file(f"/etc/systemd/system/{unit}").content_string
    assert "NoNewPrivileges=yes" in text


def test_boot_runs_at_every_boot(host: Any) -> None:
    assert host.service("millrace-boot").is_enabled


def test_the_firewall_loads_at_every_boot(host: Any) -> None:
    assert host.service("nftables").is_enabled


@pytest.mark.usefixtures("netfilter")
def test_the_firewall_is_written_without_a_fault(host: Any) -> None:
    result = host.run("nft --check --file /etc/nftables.conf")
    assert result.rc == 0, result.stderr


def test_the_agent_imports_on_the_system_python(host: Any) -> None:
    result = host.run(
        "PYTHONPATH=/opt/millrace/agent PYTHONDONTWRITEBYTECODE=1 "
        "python3 -c 'import node.boot, lakehouse.boot, lakehouse.ports'"
    )
    assert result.rc == 0, result.stderr


def test_the_agent_is_compiled(host: Any) -> None:
    assert host.run("ls /opt/millrace/agent/node/__pycache__/*.pyc").rc == 0


def test_the_version_document_says_what_was_pinned(host: Any, pins: dict[str, Any]) -> None:
    document = json.loads(host.file("/etc/millrace/version.json").content_string)
    assert document["components"] == pins["versions"]


def test_the_version_document_names_the_image(host: Any) -> None:
    document = json.loads(host.file("/etc/millrace/version.json").content_string)
    assert len(document["content_hash"]) == 64
