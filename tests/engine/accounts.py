"""Emulated accounts on loopback without machines, and stacks of ours in them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from lakehouse.images import CHANNEL_PREFIX, TAG_CONTENT_HASH, TAG_VERSION_SET
from lakehouse.proof import Proof
from ops.program import Program
from tests.loopback import free_port
from toolchain.ensure import ensure_pulumi
from toolchain.progress import quiet

ROOT = Path(__file__).parents[2]
REGION = "eu-central-1"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}
ANSWER_SECONDS = 60
SELECT_SECONDS = 120
HOOKS = {"Pending:Wait": "ready", "Terminating:Wait": "drain"}


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


@contextmanager
def running_account() -> Iterator[str]:
    """An emulated account on loopback, whose machines are ready as soon as they launch."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "local.account", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(url)
            with _hooks_completed(url):
                yield url
        finally:
            process.terminate()
            process.wait(ANSWER_SECONDS)


@contextmanager
def _hooks_completed(url: str) -> Iterator[None]:
    """Complete the hooks of machines that nobody boots."""
    done = threading.Event()
    autoscaling = client(url, "autoscaling")

    def complete() -> None:
        while not done.wait(0.5):
            for each in autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]:
                if each["LifecycleState"] in HOOKS:
                    autoscaling.complete_lifecycle_action(
                        AutoScalingGroupName=each["AutoScalingGroupName"],
                        LifecycleHookName=HOOKS[each["LifecycleState"]],
                        InstanceId=each["InstanceId"],
                        LifecycleActionResult="CONTINUE",
                    )

    worker = threading.Thread(target=complete)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join(30)


def register_image(
    url: str, content_hash: str, *, architecture: str = "arm64", version_set: str = "spark-3.5"
) -> str:
    """An image as a bake leaves it, without a proof. Returns its id."""
    ec2 = client(url, "ec2")
    image = ec2.register_image(
        Name=f"millrace-{content_hash[:12]}", Architecture=architecture, RootDeviceName="/dev/xvda"
    )["ImageId"]
    tags = {TAG_CONTENT_HASH: content_hash, TAG_VERSION_SET: version_set}
    ec2.create_tags(
        Resources=[image], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )
    return str(image)


def record_proof(url: str, image: str, content_hash: str, **changes: Any) -> None:
    """A record that the suite passed on a booted machine of that image."""
    fields: dict[str, Any] = {
        "image_id": image,
        "content_hash": content_hash,
        "version_set": "spark-3.5",
        "architecture": "arm64",
        "place": "boot",
        "suite_hash": "5" * 64,
        "result": "passed",
        "time": "2026-11-20T10:00:00Z",
        "components": {"spark": "3.5.7"},
    }
    proof = Proof(**{**fields, **changes})
    put(url, proof.parameter, proof.to_json())


def point_channel(url: str, channel: str, image: str) -> None:
    """Let a channel hold an image, whatever is known of it."""
    put(url, f"{CHANNEL_PREFIX}{channel}", image)


def prove_image(url: str, content_hash: str = "0" * 64) -> str:
    """An image that passed, which every channel of the example stacks names. Returns its id."""
    image = register_image(url, content_hash)
    record_proof(url, image, content_hash)
    for channel in ("dev", "stage", "prod"):
        point_channel(url, channel, image)
    return image


def use_image(config: dict[str, Any], image: str) -> None:
    """Let generations that name an image of another account name this one."""
    for each in config["millrace:generations"].values():
        if each["image"].startswith("ami-"):
            each["image"] = image


def put(url: str, name: str, value: str) -> None:
    client(url, "ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)


def open_stack(
    stack: str,
    url: str,
    folder: Path,
    edit: Callable[[dict[str, Any]], None],
    *,
    states: str = "",
) -> Program:
    """The program on a stack file of the repository, edited, in that account.

    Its state is in the folder under a passphrase; or, as in production, in the bucket `states` of
    the account, its secrets under the key of that alias.
    """
    for name in ("__main__.py", "Pulumi.yaml", "lakehouse", "components", ".venv"):
        (folder / name).symlink_to(ROOT / name)
    document = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    edit(document["config"])
    (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document))
    kit = ensure_pulumi(quiet)
    environment = {
        **kit.environment(folder / "state"),
        **KEYS,
        "AWS_ENDPOINT_URL": url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "MILLRACE_PROVIDER_POLL_MS": "250",
        "PULUMI_PARALLEL": "32",
    }
    environment.pop("AWS_CA_BUNDLE", None)
    program = Program(stack=stack, directory=folder, pulumi=kit.pulumi, environment=environment)
    if states:
        environment["PULUMI_BACKEND_URL"] = f"s3://{states}?region={REGION}&use_path_style=true"
        key = f"awskms://alias/{states}?region={REGION}"
        program._run(["stack", "init", stack, "--secrets-provider", key], SELECT_SECONDS)
    else:
        environment["PULUMI_CONFIG_PASSPHRASE"] = "only a test's"
        program.select()
    return program


def made_in(url: str) -> list[str]:
    """What stacks made in the account and a destroyed one must not leave."""
    found = client(url, "ec2").describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["false"]}])
    names = [vpc["VpcId"] for vpc in found["Vpcs"]]
    balancers = client(url, "elbv2").describe_load_balancers()["LoadBalancers"]
    names += [each["LoadBalancerName"] for each in balancers]
    groups = client(url, "autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    names += [each["AutoScalingGroupName"] for each in groups]
    buckets = client(url, "s3tables").list_table_buckets()["tableBuckets"]
    return [*names, *(each["name"] for each in buckets)]
