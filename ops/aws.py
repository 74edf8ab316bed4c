"""The account's services, one small class each. Nothing else in `ops/` sees botocore.

`_Service` is the one place that paginates, and the one place that turns an error of the API
into a message of ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from lakehouse.errors import LakehouseError

ClientFactory = Callable[[str], Any]


class AwsError(LakehouseError):
    """The account refused or did not answer; names the call and its error code."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class GroupMember:
    """A machine as its Auto Scaling group sees it."""

    instance_id: str
    lifecycle: str
    health: str


@dataclass(frozen=True, kw_only=True)
class Instance:
    """A machine as EC2 sees it."""

    instance_id: str
    state: str
    type: str
    address: str
    image: str
    spot: bool
    zone: str


class _Service:
    name = ""

    def __init__(self, client: Any) -> None:
        self._client = client

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(**arguments)
        except (ClientError, BotoCoreError) as error:
            raise _translated(self.name, operation, error) from error

    def _pages(self, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        try:
            for page in self._client.get_paginator(operation).paginate(**arguments):
                yield from page[key]
        except (ClientError, BotoCoreError) as error:
            raise _translated(self.name, operation, error) from error


def _translated(service: str, operation: str, error: ClientError | BotoCoreError) -> AwsError:
    if isinstance(error, NoCredentialsError):
        msg = f"{service} {operation}: no AWS credentials; set AWS_PROFILE or AWS_ACCESS_KEY_ID"
        return AwsError(msg, code="NoCredentials")
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        said = str(error.response.get("Error", {}).get("Message", error))
        return AwsError(f"{service} {operation}: {code}: {said}", code=code)
    return AwsError(f"{service} {operation}: {error}")


class AutoScaling(_Service):
    """Groups and their members."""

    name = "autoscaling"

    def group(self, name: str) -> dict[str, Any] | None:
        """The group as the API describes it, or None when there is none of that name."""
        pages = self._pages(
            "describe_auto_scaling_groups", "AutoScalingGroups", AutoScalingGroupNames=[name]
        )
        return next(iter(pages), None)

    def members(self, group: str) -> tuple[GroupMember, ...]:
        """The machines of a group, in the order of their ids."""
        found = self.group(group) or {}
        return tuple(
            GroupMember(
                instance_id=each["InstanceId"],
                lifecycle=each["LifecycleState"],
                health=each["HealthStatus"],
            )
            for each in sorted(found.get("Instances", ()), key=lambda each: each["InstanceId"])
        )

    def newest_refresh(self, group: str) -> dict[str, Any] | None:
        """How far the newest replacement of a group's machines is; None if there never was one."""
        answer = self._call("describe_instance_refreshes", AutoScalingGroupName=group, MaxRecords=1)
        return next(iter(answer["InstanceRefreshes"]), None)


class Ec2(_Service):
    """Machines."""

    name = "ec2"

    def instances(self, ids: list[str]) -> dict[str, Instance]:
        """The machines by id; unknown ids are left out."""
        if not ids:
            return {}
        # A filter, because asking by id is an error as soon as one id is gone.
        reservations = self._pages(
            "describe_instances",
            "Reservations",
            Filters=[{"Name": "instance-id", "Values": ids}],
        )
        return {
            raw["InstanceId"]: Instance(
                instance_id=raw["InstanceId"],
                state=raw["State"]["Name"],
                type=raw["InstanceType"],
                address=raw.get("PrivateIpAddress", ""),
                image=raw.get("ImageId", ""),
                spot=raw.get("InstanceLifecycle") == "spot",
                zone=raw.get("Placement", {}).get("AvailabilityZone", ""),
            )
            for reservation in reservations
            for raw in reservation["Instances"]
        }

    def console(self, instance_id: str) -> str:
        """What the machine wrote to its serial console, as far as EC2 kept it."""
        answer = self._call("get_console_output", InstanceId=instance_id)
        return str(answer.get("Output", ""))

    def images(self, tag: str) -> list[dict[str, Any]]:
        """The account's own images that carry the tag, as the API describes them."""
        filters = [{"Name": "tag-key", "Values": [tag]}]
        return list(self._pages("describe_images", "Images", Owners=["self"], Filters=filters))

    def images_of_machines(self) -> dict[str, str]:
        """Image id of every machine that is not terminated, by the machine's id."""
        states = ["pending", "running", "shutting-down", "stopping", "stopped"]
        filters = [{"Name": "instance-state-name", "Values": states}]
        return {
            raw["InstanceId"]: raw.get("ImageId", "")
            for reservation in self._pages("describe_instances", "Reservations", Filters=filters)
            for raw in reservation["Instances"]
        }

    def images_of_templates(self) -> dict[str, set[str]]:
        """Image ids of the newest and the default version of every launch template, by name."""
        return {
            template["LaunchTemplateName"]: {
                version["LaunchTemplateData"].get("ImageId", "")
                for version in self._pages(
                    "describe_launch_template_versions",
                    "LaunchTemplateVersions",
                    LaunchTemplateId=template["LaunchTemplateId"],
                    Versions=["$Latest", "$Default"],
                )
            }
            for template in self._pages("describe_launch_templates", "LaunchTemplates")
        }

    def register(self, name: str, architecture: str, tags: Mapping[str, str]) -> str:
        """Make an image known that is no snapshot: what the local cloud boots. Returns its id."""
        image_id = self._call(
            "register_image",
            Name=name,
            Architecture=architecture,
            RootDeviceName="/dev/xvda",
            VirtualizationType="hvm",
        )["ImageId"]
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        self._call("create_tags", Resources=[image_id], Tags=pairs)
        return str(image_id)

    def deregister(self, image_id: str, snapshots: Sequence[str]) -> None:
        """Remove an image, then the snapshots that its volumes were made from."""
        self._call("deregister_image", ImageId=image_id)
        for snapshot in snapshots:
            self._call("delete_snapshot", SnapshotId=snapshot)


class LoadBalancing(_Service):
    """Target groups."""

    name = "elbv2"

    def health(self, target_group: str) -> dict[str, str]:
        """Target id -> state (`healthy`, `unhealthy`, `initial`, `draining` ...)."""
        answer = self._call("describe_target_health", TargetGroupArn=target_group)
        return {
            each["Target"]["Id"]: each["TargetHealth"]["State"]
            for each in answer["TargetHealthDescriptions"]
        }


class Secrets(_Service):
    """Secrets Manager. Callers register what they read with the redactor."""

    name = "secretsmanager"

    def text(self, arn: str) -> str:
        """The current value of a secret that is a plain string."""
        return str(self._call("get_secret_value", SecretId=arn)["SecretString"])

    def document(self, arn: str) -> dict[str, Any]:
        """The current value of a secret that is a JSON object."""
        loaded: dict[str, Any] = json.loads(self.text(arn))
        return loaded


class Parameters(_Service):
    """Systems Manager parameters that are plain strings."""

    name = "ssm"

    def below(self, path: str, *, recursive: bool = False) -> dict[str, str]:
        """Name -> value of every parameter directly below a path, or anywhere below it."""
        pages = self._pages(
            "get_parameters_by_path", "Parameters", Path=path.rstrip("/"), Recursive=recursive
        )
        return {each["Name"]: each["Value"] for each in pages}

    def versions(self, name: str) -> list[str]:
        """The values that a parameter had, oldest first; none when there is no such parameter.

        Systems Manager keeps the newest hundred.
        """
        try:
            found = list(self._pages("get_parameter_history", "Parameters", Name=name))
        except AwsError as error:
            if error.code == "ParameterNotFound":
                return []
            raise
        return [each["Value"] for each in sorted(found, key=lambda each: int(each["Version"]))]

    def put(self, name: str, value: str) -> None:
        """Make the parameter, or give it another value."""
        self._call("put_parameter", Name=name, Value=value, Type="String", Overwrite=True)

    def remove(self, names: Sequence[str]) -> None:
        """Delete parameters; those that are gone are no error."""
        for start in range(0, len(names), 10):
            self._call("delete_parameters", Names=list(names[start : start + 10]))


class Account:
    """The services of one account, opened when first used."""

    def __init__(self, client: ClientFactory) -> None:
        self._client = client

    @cached_property
    def autoscaling(self) -> AutoScaling:
        """Auto Scaling."""
        return AutoScaling(self._client("autoscaling"))

    @cached_property
    def ec2(self) -> Ec2:
        """EC2."""
        return Ec2(self._client("ec2"))

    @cached_property
    def load_balancing(self) -> LoadBalancing:
        """Elastic Load Balancing v2."""
        return LoadBalancing(self._client("elbv2"))

    @cached_property
    def parameters(self) -> Parameters:
        """Systems Manager's parameters."""
        return Parameters(self._client("ssm"))

    @cached_property
    def secrets(self) -> Secrets:
        """Secrets Manager."""
        return Secrets(self._client("secretsmanager"))

    def client(self, service: str) -> Any:
        """A plain boto3 client, for suites and for S3 Tables' catalog."""
        return self._client(service)
