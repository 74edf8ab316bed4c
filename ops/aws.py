"""The account's services, one small class each. Nothing else in `ops/` sees botocore.

`_Service` is the one place that paginates, and the one place that turns an error of the API
into a message of ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
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
    def secrets(self) -> Secrets:
        """Secrets Manager."""
        return Secrets(self._client("secretsmanager"))

    def client(self, service: str) -> Any:
        """A plain boto3 client, for suites and for S3 Tables' catalog."""
        return self._client(service)
