"""The Pulumi project directory of one local cloud.

The engine writes into a project (the salt of the stack's secrets, for one). So that a
checkout stays clean, each local cloud has a directory of its own in its state, made of links
to the checkout and a copy of the stack file.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from lakehouse import ports
from local.seed import CREDENTIALS
from toolchain.awsplugin.haste import POLL_ENV

STACK: Final = "local"
POLL_MILLISECONDS: Final = 250
SALT: Final = "encryptionsalt"
"""The key that the engine adds to a stack file; losing it loses the stack's secrets."""
LINKED: Final = ("__main__.py", "Pulumi.yaml", "lakehouse", "components", ".venv")


@dataclass(frozen=True, kw_only=True)
class Project:
    """Where the program of one local cloud runs, and with which environment."""

    checkout: Path
    state: Path
    host_port: int = ports.ENDPOINT
    """The host's port that leads to the endpoint: what clients are told."""

    @property
    def directory(self) -> Path:
        """The engine's working directory."""
        return self.state / "project"

    @property
    def backend(self) -> Path:
        """Where the engine keeps the stack's state."""
        return self.state / "pulumi"

    @property
    def backend_url(self) -> str:
        """The engine's address of `backend`."""
        return f"file://{self.backend}"

    @property
    def passphrase_file(self) -> Path:
        """Encrypts the secrets in the stack's state; made once, readable by root only."""
        return self.state / "passphrase"

    @property
    def environment_file(self) -> Path:
        """Read by the CLI, so that every command talks to this cloud."""
        return self.state / "pulumi-env.json"

    @property
    def outputs_file(self) -> Path:
        """The stack's outputs as of the last `up`."""
        return self.state / "outputs.json"

    def environment(self, *, namespace: str, region: str, endpoint_url: str) -> dict[str, str]:
        """What pulumi and boto3 need to reach the emulated account, and nothing else."""
        return {
            **CREDENTIALS,
            "AWS_REGION": region,
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_EC2_METADATA_DISABLED": "true",
            # The emulated account answers at once: there is nothing to wait for (ADR 0008).
            POLL_ENV: str(POLL_MILLISECONDS),
            "PULUMI_BACKEND_URL": self.backend_url,
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.passphrase_file),
            # Most of an operation is waiting for another process, however few cores there are.
            "PULUMI_PARALLEL": "32",
            "MILLRACE_NETWORK_NAMESPACE": namespace,
            "MILLRACE_PROJECT_DIRECTORY": str(self.directory),
        }

    def write(self, environment: Mapping[str, str]) -> None:
        """Make or refresh the directory; what the engine wrote is kept."""
        for folder in (self.directory, self.backend):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in LINKED:
            link = self.directory / name
            target = self.checkout / name
            if link.is_symlink() and link.readlink() == target:
                continue
            link.unlink(missing_ok=True)
            link.symlink_to(target)
        self._copy_stack_file()
        if not self.passphrase_file.exists():
            _write_private(self.passphrase_file, secrets.token_urlsafe(32))
        _write_private(self.environment_file, json.dumps(environment, indent=2, sort_keys=True))

    def forget_stack(self) -> None:
        """Drop the engine's state: the account that it described is gone."""
        shutil.rmtree(self.backend, ignore_errors=True)
        self.outputs_file.unlink(missing_ok=True)
        (self.directory / f"Pulumi.{STACK}.yaml").unlink(missing_ok=True)

    def _copy_stack_file(self) -> None:
        """Take the checkout's stack file, with the host's port and the salt the engine added."""
        ours = self.directory / f"Pulumi.{STACK}.yaml"
        document = yaml.safe_load((self.checkout / f"Pulumi.{STACK}.yaml").read_text())
        document["config"]["millrace:endpoint"]["advertised_port"] = self.host_port
        if ours.exists():
            salt = yaml.safe_load(ours.read_text()).get(SALT)
            document |= {SALT: salt} if salt else {}
        ours.write_text(yaml.safe_dump(document, sort_keys=False))


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
