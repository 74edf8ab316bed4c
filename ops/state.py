"""Where a local cloud keeps what the CLI needs: environment, outputs, keys.

`local/` writes these files; on AWS there are none, and everything comes from pulumi and the
operator's own credentials.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lakehouse.errors import ContractError

LOCAL_STACK: Final = "local"
DEFAULT_CLOUD: Final = "millrace"
NAMESPACE_KEY: Final = "MILLRACE_NETWORK_NAMESPACE"
PROJECT_KEY: Final = "MILLRACE_PROJECT_DIRECTORY"


@dataclass(frozen=True)
class LocalState:
    """The state directory of one local cloud."""

    directory: Path

    @classmethod
    def of(cls, cloud: str = "", environment: Mapping[str, str] = os.environ) -> LocalState:
        """The directory of that cloud, as the environment places it."""
        base = Path(environment.get("MILLRACE_STATE") or "/var/lib/millrace")
        return cls(base / (cloud or environment.get("MILLRACE_CLOUD") or DEFAULT_CLOUD))

    @property
    def environment_file(self) -> Path:
        """What pulumi and boto3 need to reach the emulated account."""
        return self.directory / "pulumi-env.json"

    @property
    def outputs_file(self) -> Path:
        """The stack's outputs as of the last `up`: status answers without pulumi."""
        return self.directory / "outputs.json"

    @property
    def ssh_key(self) -> Path:
        """The operator's private key; its public half is in the account's key pair."""
        return self.directory / "ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """Host keys of the machines, by instance id, in OpenSSH's format."""
        return self.directory / "ssh" / "known_hosts"

    def environment(self) -> dict[str, str]:
        """The environment file's content; empty when this cloud was never up.

        Raises:
            ContractError: the file is not a JSON object of strings.
        """
        try:
            raw = json.loads(self.environment_file.read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            msg = f"{self.environment_file} is not JSON ({error}); `make up` writes it anew"
            raise ContractError(msg) from error
        if not isinstance(raw, dict):
            msg = f"{self.environment_file} is not a JSON object; `make up` writes it anew"
            raise ContractError(msg)
        return {str(key): str(value) for key, value in raw.items()}
