"""Names: stable, derived from meaning (zone, generation), and within the limits of AWS."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lakehouse.errors import ConfigError

AUTONAME_SUFFIX: Final = 8
"""Characters that Pulumi appends to a name of its own making: a hyphen and seven digits."""

TARGET_GROUP_NAME: Final = 32
LOAD_BALANCER_NAME: Final = 32
"""Characters in the name of a target group, and of a load balancer (ELB API reference)."""

ROLE_NAME: Final = 64
"""Characters in the name of a role or an instance profile (IAM quotas)."""

RULE_NAME: Final = 64
"""Characters in the name of a rule of EventBridge (its API reference)."""

ROLE_TAG: Final = "millrace:role"
"""Tag of machines and of their roles: `leader` or `worker`. Nobody else's role has it."""

STACK_NAME: Final = 24
"""Characters of a stack's name that leave room for the rest of every name."""

_STACK = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def fit(name: str, limit: int) -> str:
    """`name` where it fits into `limit` with Pulumi's suffix, else its head and a short hash."""
    room = limit - AUTONAME_SUFFIX
    if len(name) <= room:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:4]
    return f"{name[: room - 5].rstrip('-')}-{digest}"


def autonamed(name: str) -> str:
    """IAM's pattern of what Pulumi makes of a logical name. Its suffix is counted: with `*`,
    names of another stack or generation that begin alike would be meant as well."""
    return f"{name}-{'?' * (AUTONAME_SUFFIX - 1)}"


@dataclass(frozen=True)
class Names:
    """Every name that a person types or reads, of one stack."""

    project: str
    stack: str

    def __post_init__(self) -> None:
        """Refuse a stack name that AWS would refuse later, in the middle of an update."""
        if not _STACK.fullmatch(self.stack) or len(self.stack) > STACK_NAME:
            finding = (
                f"stack name {self.stack!r}: is no name for resources; use up to {STACK_NAME} "
                "lower case letters, digits and single hyphens"
            )
            raise ConfigError([finding])

    @property
    def prefix(self) -> str:
        """What every resource of the stack is called first."""
        return f"{self.project}-{self.stack}"

    @property
    def table_bucket(self) -> str:
        """S3 Tables bucket, where the configuration names none."""
        return self.prefix

    @property
    def key_alias(self) -> str:
        """Alias of the encryption key."""
        return f"alias/{self.prefix}"

    def reader_role(self, reader: str) -> str:
        """Role of a reader, which people and services take by name."""
        return f"{self.prefix}-reader-{reader}"

    def ingest_role(self, writer: str) -> str:
        """Role of a writer outside the cluster, which jobs and services take by name."""
        return f"{self.prefix}-ingest-{writer}"

    def generation(self, generation: str) -> str:
        """Prefix of a generation's resources."""
        return f"{self.prefix}-{generation}"

    def notices_queue(self, generation: str) -> str:
        """SQS queue of what is told of a generation's workers; machines look it up by name."""
        return f"{self.generation(generation)}-notices"

    def log_group(self, generation: str) -> str:
        """CloudWatch Logs group of a generation's machines."""
        return f"/{self.project}/{self.stack}/{generation}"

    @property
    def log_groups(self) -> str:
        """Every log group of the stack, as a pattern."""
        return f"/{self.project}/{self.stack}/*"

    @property
    def audit_log_group(self) -> str:
        """CloudWatch Logs group of who ran what. No generation's: its name has two parts."""
        return f"/{self.project}/{self.stack}/audit/queries"

    @property
    def flow_log_group(self) -> str:
        """CloudWatch Logs group of connections in the network. No generation's either."""
        return f"/{self.project}/{self.stack}/network/flows"

    def leader_host(self, generation: str, zone_name: str) -> str:
        """Where workers find their leader; the leader keeps the record."""
        return f"leader-{generation}.{zone_name}"

    def connect_host(self, zone_name: str) -> str:
        """Where clients find the endpoint."""
        return f"connect.{zone_name}"

    def tags(self, own: Mapping[str, str]) -> dict[str, str]:
        """Tags of every resource: the owner's, and those that say whose it is."""
        return {
            **own,
            f"{self.project}:project": self.project,
            f"{self.project}:stack": self.stack,
        }
