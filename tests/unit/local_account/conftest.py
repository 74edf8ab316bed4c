"""One account in this process, empty before every test."""

from __future__ import annotations

import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# A thousand policies that no test here reads would be parsed again before each of them.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "false")

from local.account import clock
from local.account.server import Server

REGION = "eu-central-1"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    running = Server("127.0.0.1", 0)
    # Tests move the clock themselves, so nothing ticks beside them.
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield running
    running.shutdown()
    thread.join(timeout=10)
    running.server_close()


class Cloud:
    """Clients of the account, and its control API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
            )
        return self._clients[service]

    def __getattr__(self, service: str) -> Any:
        return self.client(service)

    def local(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        status, document = self.local_status(method, path, body)
        assert status == 200, document
        return document

    def local_status(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_local/{path}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def after(self, seconds: float) -> None:
        """Let time pass, and everything happen that is due."""
        self.local("POST", "clock", {"advance": seconds})


@pytest.fixture(scope="session")
def session_cloud(server: Server) -> Cloud:
    return Cloud(server.url)


@pytest.fixture
def empty(session_cloud: Cloud) -> Callable[[], None]:
    """Take everything out of the account."""

    def reset() -> None:
        request = urllib.request.Request(f"{session_cloud.url}/moto-api/reset", method="POST")
        with urllib.request.urlopen(request, timeout=10):
            pass

    return reset


@pytest.fixture
def cloud(session_cloud: Cloud, empty: Callable[[], None]) -> Cloud:
    empty()
    return session_cloud


def _public_key() -> bytes:
    public = Ed25519PrivateKey.generate().public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)


class Network:
    """A VPC with two subnets and a template, for groups to be made in."""

    def __init__(self, cloud: Cloud) -> None:
        ec2 = cloud.ec2
        self.cloud = cloud
        self.vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            ec2.create_subnet(
                VpcId=self.vpc, CidrBlock=f"10.9.{index}.0/24", AvailabilityZone=f"{REGION}{zone}"
            )["Subnet"]["SubnetId"]
            for index, zone in enumerate("ab")
        ]
        self.image = ec2.register_image(
            Name="millrace",
            Architecture="x86_64",
            RootDeviceName="/dev/xvda",
            TagSpecifications=[
                {
                    "ResourceType": "image",
                    "Tags": [{"Key": "millrace:content-hash", "Value": "abc"}],
                }
            ],
        )["ImageId"]
        ec2.import_key_pair(KeyName="ops", PublicKeyMaterial=_public_key())
        cloud.iam.create_role(RoleName="worker", AssumeRolePolicyDocument="{}")
        cloud.iam.create_instance_profile(InstanceProfileName="worker")
        cloud.iam.add_role_to_instance_profile(InstanceProfileName="worker", RoleName="worker")
        self.template = ec2.create_launch_template(
            LaunchTemplateName="worker",
            LaunchTemplateData={
                "ImageId": self.image,
                "InstanceType": "t3.small",
                "KeyName": "ops",
                "UserData": "aGVsbG8=",
                "IamInstanceProfile": {"Name": "worker"},
                "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
                "TagSpecifications": [
                    {"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "worker"}]}
                ],
            },
        )["LaunchTemplate"]["LaunchTemplateId"]

    def group(self, name: str = "workers", **arguments: Any) -> None:
        given = {
            "AutoScalingGroupName": name,
            "MinSize": 0,
            "MaxSize": 10,
            "DesiredCapacity": 1,
            "VPCZoneIdentifier": ",".join(self.subnets),
        }
        if "MixedInstancesPolicy" not in arguments:
            given["LaunchTemplate"] = {"LaunchTemplateId": self.template, "Version": "$Latest"}
        self.cloud.autoscaling.create_auto_scaling_group(**{**given, **arguments})

    def spot_policy(self, *types: str, base: int = 0, percentage: int = 0) -> dict[str, Any]:
        return {
            "LaunchTemplate": {
                "LaunchTemplateSpecification": {
                    "LaunchTemplateId": self.template,
                    "Version": "$Latest",
                },
                "Overrides": [{"InstanceType": each} for each in types],
            },
            "InstancesDistribution": {
                "OnDemandBaseCapacity": base,
                "OnDemandPercentageAboveBaseCapacity": percentage,
                "SpotAllocationStrategy": "price-capacity-optimized",
            },
        }

    def members(self, name: str = "workers") -> dict[str, str]:
        """Instance id -> lifecycle state."""
        found = self.cloud.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        [group] = found["AutoScalingGroups"]
        return {each["InstanceId"]: each["LifecycleState"] for each in group["Instances"]}

    def instances(self) -> list[dict[str, Any]]:
        found = self.cloud.ec2.describe_instances()
        return [each for entry in found["Reservations"] for each in entry["Instances"]]

    def state(self, instance_id: str) -> str:
        [found] = [each for each in self.instances() if each["InstanceId"] == instance_id]
        state: str = found["State"]["Name"]
        return state


@pytest.fixture
def network(cloud: Cloud) -> Network:
    return Network(cloud)


@pytest.fixture
def hooks() -> Callable[..., list[dict[str, Any]]]:
    def make(*transitions: str, timeout: int = 60, result: str = "ABANDON") -> list[dict[str, Any]]:
        return [
            {
                "LifecycleHookName": f"on-{transition.lower()}",
                "LifecycleTransition": f"autoscaling:EC2_INSTANCE_{transition}",
                "HeartbeatTimeout": timeout,
                "DefaultResult": result,
            }
            for transition in transitions
        ]

    return make


@pytest.fixture(autouse=True)
def _real_time_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_ahead", 0.0)
