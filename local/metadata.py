"""What an instance can read about itself: the tree of the instance metadata service.

Pure functions from an instance to its tree; `local.metadata_server` puts it on the wire.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.network import mac_address
from local.world import Instance

ACCOUNT_ID: Final = "123456789012"

Leaf = str | bytes | Callable[[], str | None]
"""A text, or a function that gives one now; none means that there is no such entry now."""
Tree = Mapping[str, "Leaf | Tree"]


@dataclass(frozen=True)
class Sources:
    """What is asked for at the moment of a request, because it changes under way."""

    credentials: Callable[[str], str]
    """Instance id -> the JSON document of its role's temporary credentials."""
    notices: Callable[[str], Mapping[str, Any]]
    """Instance id -> {"instance_action": ..., "rebalance": ...}."""
    vpc_cidr: Callable[[str], str | None]
    """VPC id -> its address block; machines open their inner ports to it and to nothing else."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    content_type: str = "text/plain"


def answer(path: str, instance: Instance, region: str, sources: Sources) -> Answer:
    """The answer to an authenticated GET of `path`."""
    version, *parts = [part for part in path.split("?")[0].split("/") if part] or [""]
    if not (version == "latest" or version[:4].isdigit()):
        return Answer(404, b"")
    node: Leaf | Tree = tree(instance, region, sources)
    for part in parts:
        if not isinstance(node, Mapping) or part not in node:
            return Answer(404, b"")
        node = node[part]
    if isinstance(node, Mapping):
        return Answer(200, _listing(node, instance.key_name).encode())
    if callable(node):
        text = node()
        return Answer(404, b"") if text is None else _document(text.encode())
    return _document(node.encode() if isinstance(node, str) else node)


def tree(instance: Instance, region: str, sources: Sources) -> Tree:
    """Everything that this instance can read, by path."""
    nodes: dict[str, Leaf | Tree] = {
        "meta-data": _meta_data(instance, region, sources),
        "dynamic": {"instance-identity": {"document": _identity(instance, region)}},
    }
    if instance.user_data:
        nodes["user-data"] = instance.user_data
    return nodes


def _meta_data(instance: Instance, region: str, sources: Sources) -> Tree:
    host = f"ip-{instance.private_ip.replace('.', '-')}.{region}.compute.internal"
    mac = mac_address(instance.private_ip)
    nodes: dict[str, Leaf | Tree] = {
        "ami-id": instance.image_id,
        "instance-id": instance.id,
        "instance-life-cycle": "spot" if instance.spot else "on-demand",
        "instance-type": instance.type,
        "hostname": host,
        "local-hostname": host,
        "local-ipv4": instance.private_ip,
        "mac": mac,
        "network": {
            "interfaces": {
                "macs": {
                    mac: {
                        "device-number": "0",
                        "local-ipv4s": instance.private_ip,
                        "mac": mac,
                        "subnet-id": instance.subnet_id,
                        "vpc-id": instance.vpc_id,
                        "vpc-ipv4-cidr-block": lambda: sources.vpc_cidr(instance.vpc_id),
                        "vpc-ipv4-cidr-blocks": lambda: sources.vpc_cidr(instance.vpc_id),
                    }
                }
            }
        },
        "placement": {
            "availability-zone": instance.zone,
            "region": region,
        },
        "services": {"domain": "amazonaws.com", "partition": "aws"},
        "spot": {"instance-action": lambda: _notice(sources, instance, "instance_action")},
        "events": {
            "recommendations": {"rebalance": lambda: _notice(sources, instance, "rebalance")}
        },
    }
    if instance.public_key:
        nodes["public-keys"] = {"0": {"openssh-key": instance.public_key}}
    if instance.tags and instance.tags_in_metadata:
        nodes["tags"] = {"instance": dict(instance.tags)}
    if instance.lifecycle:
        nodes["autoscaling"] = {"target-lifecycle-state": target_state(instance.lifecycle)}
    if instance.role:
        nodes["iam"] = {
            "info": _profile(instance),
            "security-credentials": {instance.role: lambda: sources.credentials(instance.id)},
        }
    return nodes


def target_state(lifecycle: str) -> str:
    """Where Auto Scaling is taking an instance that is in this state."""
    if lifecycle.startswith("Terminat"):
        return "Terminated"
    if lifecycle.startswith("Warmed"):
        return lifecycle
    return "InService"


def _identity(instance: Instance, region: str) -> str:
    return json.dumps(
        {
            "accountId": ACCOUNT_ID,
            "architecture": instance.architecture,
            "availabilityZone": instance.zone,
            "imageId": instance.image_id,
            "instanceId": instance.id,
            "instanceType": instance.type,
            "privateIp": instance.private_ip,
            "region": region,
            "version": "2017-09-30",
        },
        indent=2,
    )


def _profile(instance: Instance) -> str:
    identifier = hashlib.sha256(instance.profile_arn.encode()).hexdigest()[:17].upper()
    return json.dumps(
        {
            "Code": "Success",
            "InstanceProfileArn": instance.profile_arn,
            "InstanceProfileId": f"AIPA{identifier}",
        },
        indent=2,
    )


def _notice(sources: Sources, instance: Instance, kind: str) -> str | None:
    notice = sources.notices(instance.id).get(kind)
    return json.dumps(notice) if notice else None


def _listing(node: Tree, key_name: str) -> str:
    """Children as EC2 lists them: public keys by index, directories with a slash."""
    lines = []
    for name, child in node.items():
        if isinstance(child, Mapping):
            lines.append(
                f"{name}={key_name}" if name == "0" and "openssh-key" in child else f"{name}/"
            )
        else:
            lines.append(name)
    return "\n".join(lines)


def _document(body: bytes) -> Answer:
    kind = "application/json" if body.startswith((b"{", b"[")) else "text/plain"
    return Answer(200, body, kind)
