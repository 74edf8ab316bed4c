"""Host keys come from places that an impostor on the network does not control."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.errors import PreflightError
from ops.aws import Ec2
from ops.hostkeys import HostKeys, known_hosts
from ops.machines import Machine

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8Jm2uZ0xRrPzq0yq3m1m8l9m3mB0pZ4wz9y8yW1v7c"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPp7k0m1n2o3p4q5r6s7t8u9v0w1x2y3z4A5B6C7D8E9"
MACHINE = Machine(
    instance_id="i-0aaaaaaaaaaaaaaaa",
    role="leader",
    generation="blue",
    lifecycle="InService",
    state="running",
    type="t3.small",
    market="on demand",
    address="10.0.0.4",
    zone="a",
)


class Console:
    """The part of EC2's client that tells a console."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_console_output(self, InstanceId: str) -> dict[str, str]:
        return {"InstanceId": InstanceId, "Output": self._text}


@pytest.mark.parametrize("name", ["10.0.0.4", "i-0aaaaaaaaaaaaaaaa", "other,10.0.0.4"])
def test_a_pinned_key_is_found_by_address_or_id(tmp_path: Path, name: str) -> None:
    pinned = tmp_path / "known_hosts"
    pinned.write_text(f"10.0.0.5 {OTHER}\n{name} {KEY} comment\n")
    assert HostKeys(pinned=pinned).of(MACHINE) == (KEY,)


def test_a_key_is_read_from_the_disk_of_a_local_machine(tmp_path: Path) -> None:
    folder = tmp_path / MACHINE.instance_id / "root" / "etc" / "ssh"
    folder.mkdir(parents=True)
    (folder / "ssh_host_ed25519_key.pub").write_text(KEY + " root@machine\n")
    assert HostKeys(disks=tmp_path).of(MACHINE) == (KEY,)


def test_a_key_is_read_from_the_block_that_first_boot_prints() -> None:
    text = f"noise\n{OTHER}\n-----BEGIN SSH HOST KEY KEYS-----\n{KEY}\n"
    text += "-----END SSH HOST KEY KEYS-----\nnoise"
    assert HostKeys(console=Ec2(Console(text))).of(MACHINE) == (KEY,)


def test_a_pinned_key_wins_over_the_console(tmp_path: Path) -> None:
    pinned = tmp_path / "known_hosts"
    pinned.write_text(f"10.0.0.4 {KEY}\n")
    console = f"-----BEGIN SSH HOST KEY KEYS-----\n{OTHER}\n-----END SSH HOST KEY KEYS-----"
    assert HostKeys(pinned=pinned, console=Ec2(Console(console))).of(MACHINE) == (KEY,)


def test_an_unknown_key_is_refused_with_the_way_to_pin_it() -> None:
    with pytest.raises(PreflightError, match="neither pinned nor in the console output"):
        HostKeys(console=Ec2(Console("nothing"))).of(MACHINE)


def test_the_known_hosts_file_names_addresses(tmp_path: Path) -> None:
    pinned = tmp_path / "known_hosts"
    pinned.write_text(f"{MACHINE.instance_id} {KEY}\n")
    assert known_hosts(HostKeys(pinned=pinned), [MACHINE]) == f"10.0.0.4 {KEY}\n"
