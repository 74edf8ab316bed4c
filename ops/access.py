"""Reaching machines: private key, host keys and network of one stack in one value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops import ssh
from ops.context import OpsContext
from ops.hostkeys import HostKeys
from ops.machines import Machine


@dataclass(frozen=True, kw_only=True)
class Access:
    """SSH to the machines of one stack."""

    context: OpsContext
    key: Path
    host_keys: HostKeys

    @contextmanager
    def shell(self, machine: Machine) -> Iterator[ssh.Shell]:
        """An open, verified connection."""
        with self.context.inside():
            keys = self.host_keys.of(machine)
            with ssh.connect(machine.address, key=self.key, host_keys=keys) as shell:
                yield shell


def open_access(context: OpsContext, key: Path | None, known_hosts: Path | None) -> Access:
    """Take the key and the host keys from the arguments, else from where the stack keeps them."""
    state = context.state
    home = Path.home() / ".ssh"
    return Access(
        context=context,
        key=key or (state.ssh_key if state else home / "id_ed25519"),
        host_keys=HostKeys(
            pinned=known_hosts or (state.known_hosts if state else home / "known_hosts"),
            disks=state.directory / "machines" if state else None,
            console=context.account.ec2,
        ),
    )
