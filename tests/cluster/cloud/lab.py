"""A local cloud without a stack, furnished by hand: what the tests of this folder work in."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from local import network, wait
from local.account_client import AccountClient
from local.cloud import Cloud
from toolchain.progress import Progress

NAME = "mr-machines"
BOOT_SECONDS = 60
ROOT = Path(__file__).parents[3]
T = TypeVar("T")

GET = """
import sys, urllib.error, urllib.request

def ask(url, method="GET", **headers):
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    try:
        request = urllib.request.Request(url, method=method, headers=named)
        return urllib.request.urlopen(request, timeout=3).read().decode()
    except urllib.error.HTTPError as error:
        return str(error.code)
    except OSError as error:
        return "no answer"

base, headers = "http://169.254.169.254/latest/", {}
if "--token" in sys.argv:
    token = ask(base + "api/token", "PUT", X_aws_ec2_metadata_token_ttl_seconds="60")
    headers = {"X-aws-ec2-metadata-token": token}
print(ask(sys.argv[1] if "://" in sys.argv[1] else base + sys.argv[1], **headers))
"""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Lab:
    """A running cloud with a VPC, an image and a key."""

    cloud: Cloud
    key: Path
    subnet: str
    vpc: str
    image: str

    def api(self, call: Callable[[AccountClient], T]) -> T:
        """Talk to the account from inside the cloud's network."""
        url, region = self.cloud.endpoint_url, self.cloud.region
        return network.call(NAME, lambda: call(AccountClient(url, region)))

    def launch(self, **changes: Any) -> dict[str, Any]:
        """Run one instance."""
        wanted = {
            "ImageId": self.image,
            "InstanceType": "t3.small",
            "SubnetId": self.subnet,
            "MinCount": 1,
            "MaxCount": 1,
        }
        instance: dict[str, Any] = self.api(
            lambda account: account.ec2.run_instances(**{**wanted, **changes})["Instances"][0]
        )
        return instance

    def terminate(self, *instances: dict[str, Any]) -> None:
        """Terminate instances and wait until their machines are gone."""
        ids = [each["InstanceId"] for each in instances]
        self.api(lambda account: account.ec2.terminate_instances(InstanceIds=ids))
        wait.until(
            lambda: not any(self.cloud.paths.machine(each).exists() for each in ids),
            what="terminated machines to go",
            deadline=BOOT_SECONDS,
            describe=lambda: str(self.cloud.status()),
        )

    def ssh(self, instance: dict[str, Any], command: str, stdin: str = "") -> str:
        """Run a command in a machine, waiting until it lets us in."""
        words = ["ssh", "-q", "-i", str(self.key), "-o", "BatchMode=yes", "-o", "ConnectTimeout=1"]
        # Machines of this test live for seconds, on a network that nobody else can reach.
        words += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
        words += [f"root@{instance['PrivateIpAddress']}", command]
        end = time.monotonic() + BOOT_SECONDS
        while True:
            done = subprocess.run(
                [*network.in_namespace(self.cloud.paths.netns), *words],
                input=stdin,
                capture_output=True,
                text=True,
                timeout=BOOT_SECONDS,
                check=False,
            )
            if done.returncode == 0:
                return done.stdout.strip()
            if done.returncode != 255 or time.monotonic() > end:
                pytest.fail(f"{command}: {done.returncode} {done.stderr}\n{self.cloud.status()}")
            time.sleep(0.1)

    def get(self, instance: dict[str, Any], words: str) -> str:
        """What a machine gets from its metadata service, or from a URL."""
        return self.ssh(instance, f"python3 - {words}", stdin=GET)


def remove(cloud: Cloud) -> None:
    """Stop a test's cloud, twice because that must be harmless, and drop its logs."""
    cloud.stop(Progress())
    cloud.stop(Progress())
    shutil.rmtree(cloud.paths.state)
    cloud.paths.lock.unlink()


def layered(base: Path, layers: list[Path], key: str) -> str:
    """An image of the baked layers and one that lets `key` in; its content hash."""
    content_hash = hashlib.sha256(f"{layers}{key}".encode()).hexdigest()
    folder = base / "images" / content_hash
    home = base / "top" / "root" / ".ssh"
    for each in (home, folder):
        each.mkdir(parents=True, mode=0o700)
    home.parent.chmod(0o700)
    (base / "top").chmod(0o755)
    (home / "authorized_keys").write_text(key)
    (home / "authorized_keys").chmod(0o600)
    top = folder / "top.squashfs"
    subprocess.run(
        ["mksquashfs", str(base / "top"), str(top), "-quiet", "-no-progress", "-all-root"],
        check=True,
        timeout=60,
    )
    (folder / "image.json").write_text(json.dumps({"layers": [*map(str, layers), str(top)]}))
    return content_hash


def furnish(cloud: Cloud, scratch: Path) -> Lab:
    """A VPC, a subnet, a key pair and the image."""

    def make(account: AccountClient) -> tuple[str, str, str]:
        vpc = account.ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
        subnet = account.ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.1.0/24")["Subnet"]
        image = account.ec2.register_image(Name="lab", RootDeviceName="/dev/xvda")["ImageId"]
        tag = {"Key": "millrace:content-hash", "Value": (scratch / "hash").read_text()}
        account.ec2.create_tags(Resources=[image], Tags=[tag])
        return vpc, subnet["SubnetId"], image

    url, region = cloud.endpoint_url, cloud.region
    vpc, subnet, image = network.call(NAME, lambda: make(AccountClient(url, region)))
    return Lab(cloud=cloud, key=scratch / "key", subnet=subnet, vpc=vpc, image=image)


def kill_daemon(cloud: Cloud, name: str) -> None:
    """SIGKILL a daemon, as the kernel's out-of-memory killer would."""
    (pid,) = [each.pid for each in cloud.status().daemons if each.name == name]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
