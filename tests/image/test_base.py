"""The system under everything else."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.install


@pytest.mark.parametrize("folder", ["/", "/etc", "/opt", "/usr", "/var", "/etc/systemd/system"])
def test_top_directories_still_belong_to_root(host: Any, folder: str) -> None:
    found = host.file(folder)
    assert (found.user, found.group, found.mode) == ("root", "root", 0o755)


@pytest.mark.parametrize(
    "unit", ["systemd-networkd", "systemd-resolved", "ssh", "millrace-host-keys"]
)
def test_a_unit_of_every_boot_is_enabled(host: Any, unit: str) -> None:
    assert host.service(unit).is_enabled


@pytest.mark.parametrize("timer", ["apt-daily.timer", "apt-daily-upgrade.timer"])
def test_nothing_updates_a_machine_behind_our_back(host: Any, timer: str) -> None:
    assert host.run(f"systemctl is-enabled {timer}").stdout.strip() == "masked"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("passwordauthentication", "no"),
        ("kbdinteractiveauthentication", "no"),
        ("permitrootlogin", "without-password"),
        ("x11forwarding", "no"),
        ("allowagentforwarding", "no"),
    ],
)
def test_ssh_lets_in_by_key_only(host: Any, option: str, value: str) -> None:
    effective = host.run("/usr/sbin/sshd -T -C user=root,host=x,addr=192.0.2.1").stdout
    assert f"{option} {value}" in effective.splitlines()


def test_names_are_asked_of_the_networks_resolver(host: Any) -> None:
    assert host.file("/etc/resolv.conf").linked_to == "/run/systemd/resolve/stub-resolv.conf"


def test_the_default_site_is_gone(host: Any) -> None:
    assert not host.file("/etc/nginx/sites-enabled/default").exists


def test_the_stock_nginx_cannot_start(host: Any) -> None:
    assert host.run("systemctl is-enabled nginx.service").stdout.strip() == "masked"


def test_no_password_opens_an_account(host: Any) -> None:
    hashes = host.run("cut -d: -f1,2 /etc/shadow").stdout.split()
    assert [line for line in hashes if not line.endswith((":*", ":!", ":!*"))] == []
