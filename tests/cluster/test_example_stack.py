"""The stack for AWS, on the real engine, in an emulated account without machines.

Nothing boots here: a stand-in completes the lifecycle hooks that machines would complete.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from lakehouse.images import CHANNEL_PREFIX, TAG_CONTENT_HASH, TAG_VERSION_SET
from lakehouse.outputs import StackOutputs
from ops.program import Program
from tests.cluster.conftest import ROOT, free_port
from toolchain.ensure import ensure_pulumi
from toolchain.progress import quiet

pytestmark = pytest.mark.cluster

STACK = "example"
REGION = "eu-central-1"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}
ANSWER_SECONDS = 60


def client(url: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def wait_for(url: str) -> None:
    end = time.monotonic() + ANSWER_SECONDS
    seen = "nothing"
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/_local/health", timeout=2):
                return
        except urllib.error.URLError as error:
            seen = str(error)
        time.sleep(0.1)
    pytest.fail(f"the emulated account did not answer within {ANSWER_SECONDS} s: {seen}")


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    """An emulated account on loopback; yields its URL."""
    port = free_port()
    command = [sys.executable, "-m", "local.account", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def seed(url: str) -> None:
    """The image and the channel that the stack file names."""
    ec2 = client(url, "ec2")
    image = ec2.register_image(Name="millrace-test", Architecture="arm64")["ImageId"]
    tags = {TAG_CONTENT_HASH: "0" * 64, TAG_VERSION_SET: "spark-3.5"}
    ec2.create_tags(
        Resources=[image], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )
    client(url, "ssm").put_parameter(Name=f"{CHANNEL_PREFIX}prod", Value=image, Type="String")


@pytest.fixture(scope="module")
def ready_machines(account: str) -> Iterator[None]:
    """Complete the hooks of machines that nobody boots."""
    done = threading.Event()
    autoscaling = client(account, "autoscaling")

    def complete() -> None:
        while not done.wait(0.5):
            for each in autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]:
                hook = {"Pending:Wait": "ready", "Terminating:Wait": "drain"}
                if each["LifecycleState"] in hook:
                    autoscaling.complete_lifecycle_action(
                        AutoScalingGroupName=each["AutoScalingGroupName"],
                        LifecycleHookName=hook[each["LifecycleState"]],
                        InstanceId=each["InstanceId"],
                        LifecycleActionResult="CONTINUE",
                    )

    worker = threading.Thread(target=complete)
    worker.start()
    yield
    done.set()
    worker.join(30)


@pytest.fixture(scope="module")
def program(
    account: str, ready_machines: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    """The stack as its file says, but for data that a test may delete again."""
    seed(account)
    folder = tmp_path_factory.mktemp("example")
    for name in ("__main__.py", "Pulumi.yaml", "lakehouse", "components", ".venv"):
        (folder / name).symlink_to(ROOT / name)
    document = yaml.safe_load((ROOT / f"Pulumi.{STACK}.yaml").read_text())
    document["config"]["millrace:catalog"]["protect"] = False
    (folder / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(document))
    kit = ensure_pulumi(quiet)
    environment = {
        **kit.environment(folder / "state"),
        **KEYS,
        "AWS_ENDPOINT_URL": account,
        "AWS_EC2_METADATA_DISABLED": "true",
        "MILLRACE_PROVIDER_POLL_MS": "250",
        "PULUMI_CONFIG_PASSPHRASE": "only a test's",
        "PULUMI_PARALLEL": "32",
    }
    environment.pop("AWS_CA_BUNDLE", None)
    stack = Program(stack=STACK, directory=folder, pulumi=kit.pulumi, environment=environment)
    stack.select()
    yield stack
    said: list[str] = []
    stack.destroy(said.append)
    assert not left_in(account), f"destroy leaves nothing that it made: {left_in(account)}"


def left_in(url: str) -> list[str]:
    """What a destroyed stack must not leave."""
    found = client(url, "ec2").describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["false"]}])
    names = [vpc["VpcId"] for vpc in found["Vpcs"]]
    balancers = client(url, "elbv2").describe_load_balancers()["LoadBalancers"]
    names += [each["LoadBalancerName"] for each in balancers]
    groups = client(url, "autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    names += [each["AutoScalingGroupName"] for each in groups]
    buckets = client(url, "s3tables").list_table_buckets()["tableBuckets"]
    return [*names, *(each["name"] for each in buckets)]


def test_a_preview_of_the_stack_for_aws_has_no_error(program: Program) -> None:
    said: list[str] = []
    program.preview(said.append)
    assert any("to create" in line for line in said), "\n".join(said)


def test_up_then_preview_finds_nothing_to_change(program: Program) -> None:
    said: list[str] = []
    program.up(said.append)
    program.preview(said.append, expect_no_changes=True)
    outputs: StackOutputs = program.outputs()
    assert outputs.endpoint.host == "connect.lakehouse.internal"
    assert [each.name for each in outputs.generations] == ["blue"]


def test_no_secret_is_in_the_state_in_clear(program: Program, account: str) -> None:
    secrets = client(account, "secretsmanager")
    listed = secrets.list_secrets(MaxResults=100)["SecretList"]
    values = [secrets.get_secret_value(SecretId=each["ARN"])["SecretString"] for each in listed]
    folder = Path(program.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
    state = "\n".join(path.read_text() for path in folder.rglob("*.json"))
    assert len(values) >= 5, "token of each user, certificate, authority, Spark's secret"
    exposed = [len(value) for value in values if value in state or value[:40] in state]
    assert not exposed, "a state file is copied and mailed; secrets in it are encrypted"
