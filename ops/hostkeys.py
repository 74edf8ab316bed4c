"""Host keys of machines, so that SSH never has to trust what it meets first.

A machine's keys are made at its first boot. Three places tell them over a channel that an
impostor on the network does not control: a pinned known_hosts file, the disk of a machine of
the local cloud, and the serial console, where first boot prints them in the form of
cloud-init's "SSH HOST KEY KEYS" block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lakehouse.errors import PreflightError
from ops.aws import AwsError, Ec2
from ops.machines import Machine

_CONSOLE_BLOCK: Final = re.compile(
    r"-----BEGIN SSH HOST KEY KEYS-----(.*?)-----END SSH HOST KEY KEYS-----", re.DOTALL
)
_KEY: Final = re.compile(r"((?:ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa) [A-Za-z0-9+/=]{40,})")


@dataclass(frozen=True, kw_only=True)
class HostKeys:
    """Where to learn host keys, in the order they are asked."""

    pinned: Path | None = None
    """A known_hosts file; entries by instance id or by address."""
    disks: Path | None = None
    """The local cloud's directory of machines: `<instance id>/<anything>/etc/ssh/`."""
    console: Ec2 | None = None

    def of(self, machine: Machine) -> tuple[str, ...]:
        """The machine's public host keys, each as `<type> <base64>`.

        Raises:
            PreflightError: none is known; says how to pin one.
        """
        for keys in (self._pinned(machine), self._disk(machine), self._console(machine)):
            if keys:
                return keys
        msg = (
            f"the host key of {machine.instance_id} ({machine.address}) is not known: it is "
            "neither pinned nor in the console output. Compare it on the machine, then add "
            f"`{machine.instance_id} ssh-ed25519 ...` to {self.pinned or 'a known_hosts file'}"
        )
        raise PreflightError(msg)

    def _pinned(self, machine: Machine) -> tuple[str, ...]:
        if self.pinned is None or not self.pinned.exists():
            return ()
        found = []
        for line in self.pinned.read_text().splitlines():
            names, _, key = line.strip().partition(" ")
            wanted = {machine.instance_id, machine.address} - {""}
            if wanted & set(names.split(",")) and _KEY.match(key):
                found.append(" ".join(key.split()[:2]))
        return tuple(found)

    def _disk(self, machine: Machine) -> tuple[str, ...]:
        if self.disks is None:
            return ()
        files = (self.disks / machine.instance_id).glob("*/etc/ssh/ssh_host_*_key.pub")
        return _distinct(file.read_text() for file in sorted(files))

    def _console(self, machine: Machine) -> tuple[str, ...]:
        if self.console is None:
            return ()
        try:
            text = self.console.console(machine.instance_id)
        except AwsError as error:
            # A machine that is starting has no console yet; the caller's message says the rest.
            if error.code in ("InvalidInstanceID.NotFound", "IncorrectInstanceState"):
                return ()
            raise
        return _distinct(_CONSOLE_BLOCK.findall(text))


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    keys = [key for text in texts for key in _KEY.findall(text)]
    return tuple(dict.fromkeys(keys))


def known_hosts(keys: HostKeys, machines: Iterable[Machine]) -> str:
    """A known_hosts file for these machines, by address."""
    lines = [f"{machine.address} {key}" for machine in machines for key in keys.of(machine)]
    return "".join(f"{line}\n" for line in lines)
