"""A machine that has booted, with nothing around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.boot

_ROLES = Path(__file__).parents[2] / "ansible" / "roles"
_KEPT_AS_WRITTEN = (
    *("AmbientCapabilities", "CapabilityBoundingSet", "Group", "LockPersonality"),
    *("MemoryDenyWriteExecute", "NoNewPrivileges", "PrivateDevices", "PrivateNetwork"),
    *("PrivateTmp", "ProtectClock", "ProtectControlGroups", "ProtectHome", "ProtectHostname"),
    *("ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "ProtectProc"),
    *("ProtectSystem", "RemoveIPC", "RestrictAddressFamilies", "RestrictRealtime"),
    *("RestrictSUIDSGID", "UMask", "User"),
)
"""What a unit gives up, as far as systemd shows it in the words it was written in."""


def _declared(path: Path) -> dict[str, str]:
    lines = [line.partition("=") for line in path.read_text(encoding="utf-8").splitlines()]
    return {key: value for key, _, value in lines if key in _KEPT_AS_WRITTEN}


def _normal(value: str) -> list[str]:
    """Lists come back in another order, capabilities in small letters."""
    return sorted(value.lower().split())


_DECLARED = {
    path.name.removesuffix(".j2"): _declared(path)
    for path in _ROLES.glob("*/templates/*.service.j2")
}


def test_the_host_key_is_the_machines_own(host: Any) -> None:
    assert host.file("/etc/ssh/ssh_host_ed25519_key").mode == 0o600


def test_the_machine_has_an_identity_of_its_own(host: Any) -> None:
    assert len(host.file("/etc/machine-id").content_string.strip()) == 32


def test_the_firewall_lets_nothing_in_by_default(host: Any) -> None:
    assert "hook input priority filter; policy drop;" in host.run("nft list ruleset").stdout


@pytest.mark.parametrize("unit", ["nftables", "ssh", "systemd-networkd", "systemd-resolved"])
def test_a_unit_of_every_machine_runs(host: Any, unit: str) -> None:
    assert host.service(unit).is_running, host.run(f"journalctl -u {unit} -n 20").stdout


@pytest.mark.parametrize("unit", ["spark-master", "spark-connect", "spark-worker", "nginx"])
def test_a_machine_without_a_role_runs_nothing_of_spark(host: Any, unit: str) -> None:
    assert not host.service(unit).is_running


def test_boot_waits_for_the_metadata_service(host: Any) -> None:
    state = host.run("systemctl show --property=ActiveState --value millrace-boot").stdout.strip()
    assert state in {"activating", "failed"}


@pytest.mark.parametrize("unit", sorted(_DECLARED))
def test_systemd_knows_what_a_service_gives_up(host: Any, unit: str) -> None:
    declared = _DECLARED[unit]
    shown = host.run(f"systemctl show --property={','.join(declared)} {unit}").stdout
    found = dict(line.split("=", 1) for line in shown.splitlines())
    assert {key: _normal(found.get(key, "")) for key in declared} == {
        key: _normal(value) for key, value in declared.items()
    }


@pytest.mark.parametrize("unit", sorted(_DECLARED))
def test_no_service_can_gain_a_right_it_was_not_given(host: Any, unit: str) -> None:
    shown = host.run(f"systemctl show --property=NoNewPrivileges --value {unit}").stdout
    assert shown.strip() == "yes"


def test_nothing_else_failed(host: Any) -> None:
    failed = host.run("systemctl list-units --failed --plain --no-legend").stdout.splitlines()
    assert [line.split()[0] for line in failed if "millrace-boot" not in line] == []


def test_only_ssh_and_the_resolver_listen(host: Any) -> None:
    lines = host.run("ss -Hltn").stdout.splitlines()
    listening = {line.split()[3] for line in lines}
    open_to_all = {name for name in listening if not name.startswith(("127.", "[::1]"))}
    assert open_to_all <= {"0.0.0.0:22", "[::]:22"}
