"""Reading the account: from API answers to a `World`."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError

from lakehouse.images import TAG_CONTENT_HASH
from local.account_client import AccountClient
from local.observe_balancers import (
    Attributes,
    listener_attributes,
    read_balancers,
    read_target_groups,
    target_group_attributes,
)
from local.world import Instance, Vpc, World, Zone

OFTEN_SECONDS: Final = 0.9
"""Names, weights and targets: read at most this often."""

RARE_SECONDS: Final = 10.0
"""VPCs and attributes, which hardly change after they were made."""

ALIVE: Final = ("pending", "running", "stopping", "stopped", "shutting-down")

_T = TypeVar("_T")


class Observer:
    """Reads the account, and remembers what cannot change there or changes rarely."""

    def __init__(self, client: AccountClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._facts: dict[tuple[str, str], Any] = {}
        self._ages: dict[tuple[str, str], float] = {}

    def read(self) -> World:
        """Everything, in a handful of calls once the facts are known."""
        instances = self._instances()
        vpcs = self._recent("vpcs", "", RARE_SECONDS, self._vpcs)
        if not {each.vpc_id for each in instances.values()} <= set(vpcs):
            vpcs = self._recent("vpcs", "", 0, self._vpcs)
        elbv2 = self._client.elbv2
        attributes = Attributes(
            listener=lambda arn: self._recent(
                "listener", arn, RARE_SECONDS, lambda: listener_attributes(elbv2, arn)
            ),
            target_group=lambda arn: self._recent(
                "target-group", arn, RARE_SECONDS, lambda: target_group_attributes(elbv2, arn)
            ),
            subnet_cidr=self._subnet_cidr,
        )
        return World(
            vpcs=vpcs,
            instances=instances,
            zones=self._recent("zones", "", OFTEN_SECONDS, self._zones),
            balancers=self._recent(
                "balancers", "", OFTEN_SECONDS, lambda: read_balancers(elbv2, attributes)
            ),
            target_groups=self._recent(
                "target-groups", "", OFTEN_SECONDS, lambda: read_target_groups(elbv2, attributes)
            ),
        )

    def _recent(self, kind: str, key: str, seconds: float, find: Callable[[], _T]) -> _T:
        """What was found within the last `seconds`, else what is found now."""
        now = self._clock()
        if now - self._ages.get((kind, key), -math.inf) >= seconds:
            self._facts[kind, key] = find()
            self._ages[kind, key] = now
        found: _T = self._facts[kind, key]
        return found

    def _vpcs(self) -> dict[str, Vpc]:
        return {
            each["VpcId"]: Vpc(
                id=each["VpcId"], cidr=each["CidrBlock"], is_default=each.get("IsDefault", False)
            )
            for each in self._client.ec2.describe_vpcs()["Vpcs"]
        }

    def _fact(self, kind: str, key: str, find: Callable[[], _T]) -> _T:
        if (kind, key) not in self._facts:
            self._facts[kind, key] = find()
        found: _T = self._facts[kind, key]
        return found

    def _instances(self) -> dict[str, Instance]:
        groups = {
            each["InstanceId"]: each
            for page in self._client.autoscaling.get_paginator(
                "describe_auto_scaling_instances"
            ).paginate()
            for each in page["AutoScalingInstances"]
        }
        pages = self._client.ec2.get_paginator("describe_instances").paginate(
            Filters=[{"Name": "instance-state-name", "Values": list(ALIVE)}]
        )
        found = [
            self._instance(each, groups.get(each["InstanceId"], {}))
            for page in pages
            for reservation in page["Reservations"]
            for each in reservation["Instances"]
            if each.get("PrivateIpAddress") and each.get("VpcId")
        ]
        return {each.id: each for each in found}

    def _instance(self, raw: Mapping[str, Any], scaling: Mapping[str, Any]) -> Instance:
        instance_id, type_name = raw["InstanceId"], raw["InstanceType"]
        size = self._fact("type", type_name, lambda: self._type(type_name))
        profile = (raw.get("IamInstanceProfile") or {}).get("Arn", "")
        return Instance(
            id=instance_id,
            state=raw["State"]["Name"],
            vpc_id=raw["VpcId"],
            subnet_id=raw.get("SubnetId", ""),
            private_ip=raw["PrivateIpAddress"],
            zone=raw["Placement"]["AvailabilityZone"],
            image_id=raw["ImageId"],
            image=self._image(raw["ImageId"]),
            type=type_name,
            memory_mib=size["MemoryInfo"]["SizeInMiB"],
            cpus=size["VCpuInfo"]["DefaultVCpus"],
            architecture=raw.get("Architecture", "x86_64"),
            tags={each["Key"]: each["Value"] for each in raw.get("Tags", [])},
            tags_in_metadata=(raw.get("MetadataOptions") or {}).get("InstanceMetadataTags")
            != "disabled",
            spot=raw.get("InstanceLifecycle") == "spot",
            user_data=self._fact("user-data", instance_id, lambda: self._user_data(instance_id)),
            key_name=raw.get("KeyName") or "",
            public_key=self._fact(
                "key", instance_id, lambda: self._public_key(raw.get("KeyName") or "")
            ),
            profile_arn=profile,
            role=self._role(profile),
            group=scaling.get("AutoScalingGroupName", ""),
            lifecycle=scaling.get("LifecycleState", ""),
        )

    def _type(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._client.ec2.describe_instance_types(InstanceTypes=[name])[
            "InstanceTypes"
        ][0]
        return found

    def _image(self, image_id: str) -> str | None:
        if ("image", image_id) in self._facts:
            return str(self._facts["image", image_id])
        try:
            images = self._client.ec2.describe_images(ImageIds=[image_id])["Images"]
        except ClientError as error:
            if error.response["Error"]["Code"].startswith("InvalidAMIID"):
                return None
            raise
        tags = {each["Key"]: each["Value"] for image in images for each in image.get("Tags", [])}
        # Tags may come after registration, so only their presence is remembered.
        if TAG_CONTENT_HASH in tags:
            self._facts["image", image_id] = tags[TAG_CONTENT_HASH]
        return tags.get(TAG_CONTENT_HASH)

    def _user_data(self, instance_id: str) -> bytes:
        answer = self._client.ec2.describe_instance_attribute(
            InstanceId=instance_id, Attribute="userData"
        )
        return base64.b64decode((answer.get("UserData") or {}).get("Value") or "")

    def _public_key(self, name: str) -> str:
        if not name:
            return ""
        try:
            pairs = self._client.ec2.describe_key_pairs(KeyNames=[name], IncludePublicKey=True)
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidKeyPair.NotFound":
                return ""
            raise
        return str(pairs["KeyPairs"][0].get("PublicKey") or "").strip()

    def _role(self, profile_arn: str) -> str:
        if not profile_arn:
            return ""
        if ("role", profile_arn) not in self._facts:
            name = profile_arn.rpartition("/")[2]
            try:
                profile = self._client.iam.get_instance_profile(InstanceProfileName=name)
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchEntity":
                    return ""
                raise
            roles = profile["InstanceProfile"]["Roles"]
            if not roles:
                return ""
            self._facts["role", profile_arn] = roles[0]["RoleName"]
        return str(self._facts["role", profile_arn])

    def _subnet_cidr(self, subnet_id: str) -> str:
        def find() -> str:
            subnets = self._client.ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"]
            return str(subnets[0]["CidrBlock"])

        return self._fact("subnet", subnet_id, find)

    def _zones(self) -> tuple[Zone, ...]:
        pages = self._client.route53.get_paginator("list_hosted_zones").paginate()
        return tuple(
            self._zone(each)
            for page in pages
            for each in page["HostedZones"]
            if each.get("Config", {}).get("PrivateZone")
        )

    def _zone(self, raw: Mapping[str, Any]) -> Zone:
        zone_id = raw["Id"]
        vpcs = self._recent(
            "zone-vpcs",
            zone_id,
            RARE_SECONDS,
            lambda: self._client.route53.get_hosted_zone(Id=zone_id).get("VPCs", []),
        )
        addresses: dict[str, tuple[str, ...]] = {}
        aliases: dict[str, str] = {}
        pages = self._client.route53.get_paginator("list_resource_record_sets").paginate(
            HostedZoneId=zone_id
        )
        for page in pages:
            for record in page["ResourceRecordSets"]:
                name = record["Name"]
                values = [each["Value"] for each in record.get("ResourceRecords", [])]
                if "AliasTarget" in record:
                    aliases[name] = record["AliasTarget"]["DNSName"]
                elif record["Type"] == "A":
                    addresses[name] = tuple(values)
                elif record["Type"] == "CNAME" and values:
                    aliases[name] = values[0]
        return Zone(
            name=raw["Name"],
            vpc_ids=tuple(each["VPCId"] for each in vpcs),
            addresses=addresses,
            aliases=aliases,
        )
