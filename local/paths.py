"""Where one local cloud keeps its things, and what they are called.

Every name is derived from the cloud's name, so that whatever a crash left behind is found
again by name alone.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lakehouse.errors import LakehouseError

DEFAULT_NAME: Final = "millrace"
STATE_VARIABLE: Final = "MILLRACE_STATE"
NETNS_DIRECTORY: Final = Path("/run/netns")
"""Where `ip` and HAProxy look for named network namespaces."""

API_ADDRESS: Final = "192.0.2.10"
API_PORT: Final = 4566
BRIDGE_PREFIX: Final = "vpc"

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]|[a-z]")
_INSTANCE: Final = re.compile(r"i-[0-9a-f]{8,17}")


def is_instance_id(text: str) -> bool:
    """Whether this is what EC2 would call an instance."""
    return _INSTANCE.fullmatch(text) is not None


@dataclass(frozen=True)
class CloudPaths:
    """Names and places of the local cloud called `name`."""

    name: str

    def __post_init__(self) -> None:
        """Refuse a name that could not name a network namespace, a cgroup and a directory."""
        if not _NAME.fullmatch(self.name):
            msg = (
                f"local cloud name {self.name!r}: use up to 32 lower-case letters, digits and "
                "dashes, starting with a letter"
            )
            raise LakehouseError(msg)

    @property
    def state(self) -> Path:
        """The cloud's directory; others keep files of theirs in it too."""
        return Path(os.environ.get(STATE_VARIABLE) or "/var/lib/millrace").absolute() / self.name

    @property
    def run(self) -> Path:
        """Files of running daemons; removed when the cloud stops."""
        return self.state / "run"

    @property
    def logs(self) -> Path:
        """Logs of the daemons and consoles of past machines; kept until the next start."""
        return self.state / "logs"

    @property
    def machines(self) -> Path:
        """One directory per machine, called by its instance id."""
        return self.state / "machines"

    @property
    def images(self) -> Path:
        """Mount points of image layers."""
        return self.run / "images"

    @property
    def lock(self) -> Path:
        """Held by whoever starts or stops this cloud."""
        return self.state.with_name(f".{self.name}.lock")

    @property
    def cgroup(self) -> str:
        """Relative path of the control group that holds every process of this cloud."""
        return f"millrace.{self.name}"

    @property
    def api_url(self) -> str:
        """The emulated account, as seen from inside the namespace."""
        return f"http://{API_ADDRESS}:{API_PORT}"

    @property
    def netns(self) -> Path:
        """The cloud's own network namespace."""
        return NETNS_DIRECTORY / self.name

    def machine(self, instance_id: str) -> Path:
        """The directory of one machine."""
        return self.machines / instance_id

    def machine_netns(self, instance_id: str) -> Path:
        """The network namespace of one machine."""
        return NETNS_DIRECTORY / f"{self.name}-{instance_id}"

    def machine_cgroup(self, instance_id: str) -> str:
        """Relative path of one machine's control group."""
        return f"{self.cgroup}/{instance_id}"

    def instance_of_netns(self, entry: str) -> str | None:
        """The instance whose namespace is called `entry`; none if it is not one of ours."""
        prefix = f"{self.name}-"
        rest = entry.removeprefix(prefix)
        return rest if entry.startswith(prefix) and is_instance_id(rest) else None


def bridge_name(vpc_id: str) -> str:
    """The bridge that is this VPC: 11 of the 15 characters that Linux allows."""
    return f"{BRIDGE_PREFIX}{_digest(vpc_id, 8)}"


def veth_name(instance_id: str) -> str:
    """The bridge's end of a machine's cable: 14 of 15 characters."""
    return f"vm{_digest(instance_id, 12)}"


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
