"""Machines that are launched for one purpose and terminated after it, and what they leave.

Everything made here carries `TAG`, and `UNTIL` says when at the latest it is over: a run that
was killed leaves things that can be told from all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ops.aws import AwsError, _Service

TAG: Final = "millrace:temporary"
"""What it was made for, such as `prove ami-...`."""

UNTIL: Final = "millrace:temporary-until"
"""UTC, ISO 8601."""

_ROOT_GIB: Final = 16

_GONE: Final = frozenset(
    {"InvalidGroup.NotFound", "InvalidInstanceID.NotFound", "InvalidKeyPair.NotFound"}
)


@dataclass(frozen=True, kw_only=True)
class Stray:
    """Something temporary whose time is over."""

    kind: str
    """`machine`, `security group` or `key pair`."""
    id: str
    purpose: str
    until: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id} ({self.purpose}, until {self.until})"


class Temporary(_Service):
    """EC2, for machines that do not stay."""

    name = "ec2"

    def import_key(self, name: str, public_key: bytes, tags: Mapping[str, str]) -> None:
        """Make a key pair known."""
        self._call(
            "import_key_pair",
            KeyName=name,
            PublicKeyMaterial=public_key,
            TagSpecifications=_tagged("key-pair", tags),
        )

    def delete_key(self, name: str) -> None:
        """Forget a key pair."""
        self._call("delete_key_pair", KeyName=name)

    def make_group(self, name: str, subnet_id: str, tags: Mapping[str, str]) -> str:
        """A security group that lets SSH in from its VPC and nothing out. Returns its id."""
        subnet = self._call("describe_subnets", SubnetIds=[subnet_id])["Subnets"][0]
        vpc = self._call("describe_vpcs", VpcIds=[subnet["VpcId"]])["Vpcs"][0]
        group = self._call(
            "create_security_group",
            GroupName=name,
            Description="SSH to a machine that is tested and terminated",
            VpcId=vpc["VpcId"],
            TagSpecifications=_tagged("security-group", tags),
        )["GroupId"]
        ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
        everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        self._call(
            "authorize_security_group_ingress",
            GroupId=group,
            IpPermissions=[{**ssh, "IpRanges": [{"CidrIp": vpc["CidrBlock"]}]}],
        )
        self._call("revoke_security_group_egress", GroupId=group, IpPermissions=[everything])
        return str(group)

    def delete_group(self, group_id: str) -> None:
        """Delete a security group; one that is gone is no error."""
        self._forgiving("delete_security_group", GroupId=group_id)

    def launch(
        self,
        image_id: str,
        *,
        instance_type: str,
        subnet_id: str,
        group_id: str,
        key_name: str,
        user_data: str,
        tags: Mapping[str, str],
    ) -> str:
        """One machine: no public address, IMDSv2 only, encrypted, gone when it shuts down."""
        image = self._call("describe_images", ImageIds=[image_id])["Images"][0]
        answer = self._call(
            "run_instances",
            ImageId=image_id,
            InstanceType=instance_type,
            MinCount=1,
            MaxCount=1,
            KeyName=key_name,
            UserData=user_data,
            InstanceInitiatedShutdownBehavior="terminate",
            NetworkInterfaces=[
                {
                    "DeviceIndex": 0,
                    "SubnetId": subnet_id,
                    "Groups": [group_id],
                    "AssociatePublicIpAddress": False,
                    "DeleteOnTermination": True,
                }
            ],
            MetadataOptions={
                "HttpEndpoint": "enabled",
                "HttpTokens": "required",
                "HttpPutResponseHopLimit": 1,
            },
            BlockDeviceMappings=[
                {
                    "DeviceName": image["RootDeviceName"],
                    "Ebs": {
                        "VolumeSize": _root_gib(image),
                        "VolumeType": "gp3",
                        "Encrypted": True,
                        "DeleteOnTermination": True,
                    },
                }
            ],
            TagSpecifications=[*_tagged("instance", tags), *_tagged("volume", tags)],
        )
        return str(answer["Instances"][0]["InstanceId"])

    def terminate(self, instance_id: str) -> None:
        """Ask for the end of a machine; one that is gone is no error."""
        self._forgiving("terminate_instances", InstanceIds=[instance_id])

    def strays(self, now: datetime) -> tuple[Stray, ...]:
        """What is temporary and should be gone by now, machines first: they hold the others."""
        found: list[tuple[str, str, Sequence[Mapping[str, str]]]] = []
        here = {"Filters": [{"Name": "tag-key", "Values": [TAG]}]}
        for reservation in self._pages("describe_instances", "Reservations", **here):
            found += [
                ("machine", raw["InstanceId"], raw.get("Tags", ()))
                for raw in reservation["Instances"]
                if raw["State"]["Name"] not in {"terminated", "shutting-down"}
            ]
        for raw in self._pages("describe_security_groups", "SecurityGroups", **here):
            found.append(("security group", raw["GroupId"], raw.get("Tags", ())))
        for raw in self._call("describe_key_pairs", **here)["KeyPairs"]:
            found.append(("key pair", raw["KeyName"], raw.get("Tags", ())))
        strays = [_stray(kind, name, tags) for kind, name, tags in found]
        return tuple(each for each in strays if _is_over(each.until, now))

    def remove(self, strays: Sequence[Stray]) -> tuple[Stray, ...]:
        """Remove them; returns the groups that machines still hold while they shut down."""
        verbs = {
            "machine": self.terminate,
            "security group": self.delete_group,
            "key pair": self.delete_key,
        }
        held = []
        for stray in strays:
            try:
                verbs[stray.kind](stray.id)
            except AwsError as error:
                if error.code != "DependencyViolation":
                    raise
                held.append(stray)
        return tuple(held)

    def _forgiving(self, operation: str, **arguments: Any) -> None:
        try:
            self._call(operation, **arguments)
        except AwsError as error:
            if error.code not in _GONE:
                raise


def _root_gib(image: Mapping[str, Any]) -> int:
    """As large as the image's own; one that is no snapshot says nothing of it."""
    mappings = image.get("BlockDeviceMappings", ())
    root = [each for each in mappings if each.get("DeviceName") == image["RootDeviceName"]]
    return int(root[0].get("Ebs", {}).get("VolumeSize") or _ROOT_GIB) if root else _ROOT_GIB


def _tagged(kind: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    return [{"ResourceType": kind, "Tags": pairs}]


def _stray(kind: str, name: str, tags: Sequence[Mapping[str, str]]) -> Stray:
    values = {each["Key"]: each["Value"] for each in tags}
    return Stray(kind=kind, id=name, purpose=values.get(TAG, ""), until=values.get(UNTIL, ""))


def _is_over(until: str, now: datetime) -> bool:
    try:
        return datetime.fromisoformat(until) <= now
    except ValueError:
        # Without a readable time nobody can say that it is still in use.
        return True
