"""SSH to a machine: host keys verified, every command with a deadline, results typed."""

from __future__ import annotations

import base64
import os
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import paramiko

from lakehouse.errors import DeadlineError, LakehouseError, PreflightError
from lakehouse.ports import SSH

USER: Final = "root"
CONNECT_DEADLINE: Final = 15.0
_CHUNK: Final = 32_768


class SshError(LakehouseError):
    """The machine could not be reached, or is not the machine it should be."""


@dataclass(frozen=True)
class Result:
    """What a command on a machine did."""

    code: int
    stdout: str
    stderr: str


class Shell:
    """An open connection to one machine."""

    def __init__(self, client: paramiko.SSHClient, address: str) -> None:
        self._client = client
        self._address = address

    def run(self, command: Sequence[str], *, deadline: float = 60.0) -> Result:
        """Run a command; its words are quoted, so that values never meet a shell.

        Raises:
            DeadlineError: still running at the deadline; says what it printed last.
            SshError: the connection broke.
        """
        chunks: list[bytes] = []
        errors: list[bytes] = []
        code = self._follow(shlex.join(command), chunks, errors, deadline)
        return Result(code, _text(chunks), _text(errors))

    def stream(self, command: Sequence[str]) -> Iterator[str]:
        """The lines of a command that may run for ever, as they come; stop by closing."""
        try:
            channel = self._open(shlex.join(command))
        except paramiko.SSHException as error:
            raise self._broken(error) from error
        with channel, channel.makefile("r") as lines:
            for line in lines:
                yield str(line).rstrip("\n")

    def _open(self, command: str) -> paramiko.Channel:
        transport = self._client.get_transport()
        if transport is None:
            msg = f"{self._address}: the connection is closed"
            raise SshError(msg)
        channel = transport.open_session(timeout=CONNECT_DEADLINE)
        channel.set_combine_stderr(False)
        channel.exec_command(command)
        return channel

    def _follow(
        self, command: str, chunks: list[bytes], errors: list[bytes], deadline: float
    ) -> int:
        end = time.monotonic() + deadline
        try:
            channel = self._open(command)
        except paramiko.SSHException as error:
            raise self._broken(error) from error
        with channel:
            while True:
                done = channel.exit_status_ready()
                while channel.recv_ready():
                    chunks.append(channel.recv(_CHUNK))
                while channel.recv_stderr_ready():
                    errors.append(channel.recv_stderr(_CHUNK))
                if done and not channel.recv_ready() and not channel.recv_stderr_ready():
                    return channel.recv_exit_status()
                if time.monotonic() > end:
                    last = (_text(chunks) + _text(errors)).strip()[-300:] or "nothing"
                    msg = f"`{command}` on {self._address} took over {deadline:g} s; said: {last}"
                    raise DeadlineError(msg)
                channel.status_event.wait(0.05)

    def _broken(self, error: Exception) -> SshError:
        return SshError(f"{self._address}: {error}")


def _text(chunks: list[bytes]) -> str:
    return b"".join(chunks).decode(errors="replace")


@contextmanager
def connect(address: str, *, key: Path, host_keys: Sequence[str]) -> Iterator[Shell]:
    """Open a connection for the length of a block; errors as in `open_client`."""
    client = open_client(address, key=key, host_keys=host_keys)
    try:
        yield Shell(client, address)
    finally:
        client.close()


def open_client(address: str, *, key: Path, host_keys: Sequence[str]) -> paramiko.SSHClient:
    """Connect to a machine whose host keys are known beforehand. The caller closes.

    Raises:
        PreflightError: there is no private key at `key`.
        SshError: no answer, a refused key, or **another host key than expected**.
    """
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    for line in host_keys:
        kind, encoded = line.split()[:2]
        public = paramiko.PKey.from_type_string(kind, base64.b64decode(encoded))
        client.get_host_keys().add(address, kind, public)
    try:
        client.connect(
            address,
            port=SSH,
            username=USER,
            pkey=_private_key(key),
            timeout=CONNECT_DEADLINE,
            banner_timeout=CONNECT_DEADLINE,
            auth_timeout=CONNECT_DEADLINE,
            allow_agent=False,
            look_for_keys=False,
        )
    except paramiko.BadHostKeyException as error:
        client.close()
        msg = f"{address} shows another host key than it should: do not trust it ({error})"
        raise SshError(msg) from error
    except (paramiko.SSHException, OSError) as error:
        client.close()
        msg = f"{address}: {error}"
        raise SshError(msg) from error
    return client


def _private_key(path: Path) -> paramiko.PKey:
    try:
        return paramiko.Ed25519Key.from_private_key_file(os.fspath(path))
    except FileNotFoundError as error:
        msg = f"no private key at {path}; name one with --ssh-key"
        raise PreflightError(msg) from error


def command_line(address: str, *, key: Path, known_hosts: Path) -> list[str]:
    """The OpenSSH command for an interactive shell, as strict about host keys as `connect`."""
    return [
        "ssh",
        "-i",
        os.fspath(key),
        "-o",
        f"UserKnownHostsFile={known_hosts}",
        "-o",
        "StrictHostKeyChecking=yes",
        "-o",
        "IdentitiesOnly=yes",
        f"{USER}@{address}",
    ]
