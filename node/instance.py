"""What a machine knows about itself from the metadata service."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from node.errors import NodeError
from node.metadata import Metadata

GROUP_TAG = "aws:autoscaling:groupName"


@dataclass(frozen=True, kw_only=True)
class Instance:
    """Facts that do not change while the machine lives."""

    instance_id: str
    private_ip: str
    vpc_cidrs: tuple[str, ...] = ()
    """IPv4 blocks of the VPC; empty where the metadata service does not tell."""
    group: str = ""
    """Auto Scaling group; empty where instance tags are not in the metadata."""

    def to_json(self) -> str:
        """Render for `/run/millrace/instance.json`."""
        return json.dumps(asdict(self), sort_keys=True) + "\n"


def read(metadata: Metadata) -> Instance:
    """Ask the metadata service."""
    mac = (metadata.find("meta-data/mac") or "").strip().rstrip("/")
    cidrs = ""
    if mac:
        cidrs = metadata.find(f"meta-data/network/interfaces/macs/{mac}/vpc-ipv4-cidr-blocks") or ""
    return Instance(
        instance_id=metadata.get("meta-data/instance-id").strip(),
        private_ip=metadata.get("meta-data/local-ipv4").strip(),
        vpc_cidrs=tuple(cidrs.split()),
        group=(metadata.find(f"meta-data/tags/instance/{GROUP_TAG}") or "").strip(),
    )


def load(path: Path) -> Instance:
    """Read what boot wrote.

    Raises:
        NodeError: boot has not run, or wrote something else.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Instance(**{**raw, "vpc_cidrs": tuple(raw["vpc_cidrs"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        msg = f"{path} is not what millrace-boot writes: {error}"
        raise NodeError(msg) from error
