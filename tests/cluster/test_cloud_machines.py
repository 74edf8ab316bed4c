"""The emulated account's instances are machines that boot, answer, die and leave nothing.

The local cloud alone, without a stack: instances are launched through the SDK, from the baked
image with one small layer on top that lets the test in.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from local import network, wait
from local.account_client import AccountClient
from local.cgroups import Cgroups
from local.cloud import Cloud
from local.machine import Machine
from local.preflight import port_is_free
from local.snapshot import Snapshot
from ops.image.bake import ensure_local_image
from tests.cluster.conftest import ROOT, free_port
from toolchain.progress import Progress

pytestmark = pytest.mark.cluster

NAME = "mr-machines"
BOOT_SECONDS = 60
T = TypeVar("T")

ECHO = """
import http.server, socket, threading

class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

def serve(connection):
    while connection.recv(64):
        connection.sendall(socket.gethostname().encode())

server = http.server.ThreadingHTTPServer(("", 15444), Healthy)
threading.Thread(target=server.serve_forever, daemon=True).start()
listener = socket.create_server(("", 15443))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""

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


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache with an image in it that lets a key in.

    The cloud's state is at its usual place, so that the next run finds what a killed one left.
    """
    folder = tmp_path_factory.mktemp("cloud")
    layers = list(ensure_local_image(Progress()).layers)
    key = folder / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=30
    )
    (folder / "hash").write_text(layered(folder, layers, key.with_suffix(".pub").read_text()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILLRACE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def lab(scratch: Path) -> Iterator[Lab]:
    cloud = Cloud(NAME, free_port())
    cloud.stop(Progress())
    before = Snapshot.take()
    cloud.start(Progress())
    try:
        yield furnish(cloud, scratch)
    finally:
        cloud.stop(Progress())
    left = Snapshot.take().since(before, about=[NAME, str(scratch)])
    assert not left, f"a stop must leave the host as it was; these stayed: {left}"


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


@pytest.fixture(scope="module")
def instance(lab: Lab) -> Iterator[dict[str, Any]]:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "guinea-pig"}]}]
    launched = lab.launch(UserData="hello from the account", TagSpecifications=tags)
    lab.ssh(launched, "true")
    yield launched
    lab.terminate(launched)


def test_a_machine_has_the_address_that_ec2_gave_its_instance(
    lab: Lab, instance: dict[str, Any]
) -> None:
    seen = lab.ssh(instance, "ip -4 -o address show host0")
    assert f"inet {instance['PrivateIpAddress']}/16" in seen


def test_a_machine_is_called_as_ec2_calls_it(lab: Lab, instance: dict[str, Any]) -> None:
    assert lab.ssh(instance, "hostname") == instance["PrivateDnsName"].split(".")[0]


def test_a_machine_reads_its_user_data_with_a_token(lab: Lab, instance: dict[str, Any]) -> None:
    assert lab.get(instance, "user-data --token") == "hello from the account"
    assert lab.get(instance, "meta-data/instance-id --token") == instance["InstanceId"]


def test_a_machine_without_a_token_reads_nothing(lab: Lab, instance: dict[str, Any]) -> None:
    assert lab.get(instance, "meta-data/instance-id") == "401"


def test_a_machine_is_bounded_by_its_instance_type(lab: Lab, instance: dict[str, Any]) -> None:
    machine = Machine(lab.cloud.paths, instance["InstanceId"])
    files = Cgroups().limit_files(machine.group, limits_of("t3.small"))
    assert {path.read_text().strip() for path in files} == set(files.values())


def limits_of(kind: str) -> Any:
    from local.cgroups import Limits

    return {"t3.small": Limits(memory_mib=2048, cpus=min(2, os.cpu_count() or 1))}[kind]


def test_a_machine_reaches_the_account_and_nothing_beyond(
    lab: Lab, instance: dict[str, Any]
) -> None:
    assert '"ok": true' in lab.get(instance, f"{lab.cloud.endpoint_url}/_local/health")
    assert lab.get(instance, "http://198.51.100.7/") == "no answer"


def test_a_private_record_follows_the_account_within_two_seconds(
    lab: Lab, instance: dict[str, Any]
) -> None:
    def record(account: AccountClient, action: str, address: str) -> None:
        zones = account.route53.list_hosted_zones_by_name(DNSName="lab.internal")["HostedZones"]
        records = {
            "Name": "leader.lab.internal",
            "Type": "A",
            "TTL": 5,
            "ResourceRecords": [{"Value": address}],
        }
        account.route53.change_resource_record_sets(
            HostedZoneId=zones[0]["Id"],
            ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": records}]},
        )

    lab.api(
        lambda account: account.route53.create_hosted_zone(
            Name="lab.internal",
            CallerReference="lab",
            VPC={"VPCRegion": lab.cloud.region, "VPCId": lab.vpc},
        )
    )
    for address in ("10.77.1.77", "10.77.1.78"):
        lab.api(lambda account, to=address: record(account, "UPSERT", to))
        wait.until(
            lambda to=address: (
                lab.ssh(instance, "getent hosts leader.lab.internal || true").split()[:1] == [to]
            ),
            what=f"the name to lead to {address}",
            deadline=5,
        )
    unknown = lab.ssh(instance, "getent hosts example.com || echo unknown")
    assert unknown == "unknown", "there is no resolver beyond the VPC"


def test_a_rebooted_machine_is_the_same_one(lab: Lab, instance: dict[str, Any]) -> None:
    lab.ssh(instance, "echo kept >/root/kept; sync")
    before = lab.ssh(instance, "stat -c %Y /proc/1")
    lab.ssh(instance, "systemctl reboot --no-block; exit 0")
    wait.until(
        lambda: lab.ssh(instance, "stat -c %Y /proc/1") != before,
        what="the machine to come back",
        deadline=BOOT_SECONDS,
    )
    assert lab.ssh(instance, "cat /root/kept") == "kept"


def test_a_restarted_reconciler_takes_over_what_runs(lab: Lab, instance: dict[str, Any]) -> None:
    machine = Machine(lab.cloud.paths, instance["InstanceId"])
    before = machine.supervisors()
    kill_daemon(lab.cloud, "reconciler")
    lab.cloud.start(Progress())
    assert machine.supervisors() == before
    assert lab.ssh(instance, "echo alive") == "alive"


def kill_daemon(cloud: Cloud, name: str) -> None:
    """SIGKILL a daemon, as the kernel's out-of-memory killer would."""
    (pid,) = [each.pid for each in cloud.status().daemons if each.name == name]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def test_a_terminated_instance_is_gone_from_the_host(lab: Lab) -> None:
    launched = lab.launch()
    lab.ssh(launched, "true")
    lab.terminate(launched)
    instance_id = launched["InstanceId"]
    left = [thing for thing in Snapshot.take().things if instance_id in thing]
    assert left == []


def test_a_machine_that_dies_is_replaced_by_its_group(lab: Lab) -> None:
    def group(account: AccountClient) -> None:
        data = {"ImageId": lab.image, "InstanceType": "t3.small"}
        account.ec2.create_launch_template(LaunchTemplateName="lab", LaunchTemplateData=data)
        account.autoscaling.create_auto_scaling_group(
            AutoScalingGroupName="lab",
            LaunchTemplate={"LaunchTemplateName": "lab", "Version": "1"},
            MinSize=0,
            MaxSize=1,
            DesiredCapacity=1,
            VPCZoneIdentifier=lab.subnet,
        )

    def running() -> list[Machine]:
        machines = lab.cloud.status().machines
        return [
            Machine(lab.cloud.paths, each.instance_id)
            for each in machines
            if each.group == "lab" and each.running
        ]

    lab.api(group)
    wait.until(running, what="the group's machine", deadline=BOOT_SECONDS)
    (first,) = running()
    wait.until(first.supervisors, what="its supervisor", deadline=10)
    os.kill(first.supervisors()[0], signal.SIGKILL)
    wait.until(
        lambda: [each.instance_id for each in running()] not in ([], [first.instance_id]),
        what="a machine in its place",
        deadline=BOOT_SECONDS,
        describe=lambda: str(lab.cloud.status()),
    )
    lab.api(
        lambda account: account.autoscaling.delete_auto_scaling_group(
            AutoScalingGroupName="lab", ForceDelete=True
        )
    )
    wait.until(lambda: not running(), what="the group to go", deadline=BOOT_SECONDS)
    assert not first.directory.exists()


@dataclass(frozen=True)
class Balanced:
    """Two target groups of one machine each behind a listener."""

    lab: Lab
    listener: str
    groups: tuple[str, str]
    instances: tuple[dict[str, Any], dict[str, Any]]

    def weigh(self, *weights: int) -> None:
        """Change the listener's weights and wait until new connections follow."""
        self.lab.api(
            lambda account: account.elbv2.modify_listener(
                ListenerArn=self.listener, DefaultActions=forward(self.groups, weights)
            )
        )
        wanted = {name for name, weight in zip(self.names(), weights, strict=True) if weight}
        wait.until(lambda: set(self.shares(12)) == wanted, what=f"weights {weights}", deadline=10)

    def names(self) -> list[str]:
        """Host names of the two machines."""
        return [each["PrivateDnsName"].split(".")[0] for each in self.instances]

    def connect(self) -> Flow:
        """A connection from the host, through the endpoint's port."""
        return Flow(self.lab.cloud.host_port)

    def shares(self, count: int) -> Counter[str]:
        """Who answers new connections."""
        counted: Counter[str] = Counter()
        for _ in range(count):
            flow = self.connect()
            counted[flow.ask()] += 1
            flow.close()
        return counted


class Flow:
    """One established connection."""

    def __init__(self, port: int) -> None:
        import socket

        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)

    def ask(self) -> str:
        """Which machine is at the other end."""
        try:
            self._socket.sendall(b"?")
            return self._socket.recv(64).decode()
        except ConnectionError:
            return ""

    def close(self) -> None:
        """End it."""
        self._socket.close()


def forward(groups: tuple[str, str], weights: tuple[int, ...]) -> list[dict[str, Any]]:
    pairs = [
        {"TargetGroupArn": arn, "Weight": weight}
        for arn, weight in zip(groups, weights, strict=True)
    ]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": pairs}}]


@pytest.fixture(scope="module")
def balanced(lab: Lab) -> Iterator[Balanced]:
    instances = (lab.launch(), lab.launch())
    for each in instances:
        lab.ssh(each, "nft flush ruleset 2>/dev/null; cat >/root/echo.py", stdin=ECHO)
        lab.ssh(each, "systemd-run --quiet --unit=echo python3 /root/echo.py")

    def make(account: AccountClient) -> tuple[str, tuple[str, str]]:
        balancer = account.elbv2.create_load_balancer(
            Name="lab", Subnets=[lab.subnet], Type="network", Scheme="internal"
        )["LoadBalancers"][0]
        blue, green = (
            account.elbv2.create_target_group(
                Name=name,
                Protocol="TCP",
                Port=15443,
                VpcId=lab.vpc,
                HealthCheckProtocol="HTTP",
                HealthCheckPort="15444",
                HealthCheckPath="/healthz",
                HealthCheckIntervalSeconds=10,
                HealthyThresholdCount=2,
                UnhealthyThresholdCount=2,
            )["TargetGroups"][0]["TargetGroupArn"]
            for name in ("blue", "green")
        )
        for arn, each in zip((blue, green), instances, strict=True):
            account.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": each["InstanceId"]}])
        listener = account.elbv2.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="TCP",
            Port=15002,
            DefaultActions=forward((blue, green), (100, 0)),
        )["Listeners"][0]["ListenerArn"]
        return listener, (blue, green)

    listener, groups = lab.api(make)
    found = Balanced(lab=lab, listener=listener, groups=groups, instances=instances)
    wait.until(
        lambda: states(found) == ["healthy", "healthy"],
        what="healthy targets",
        deadline=30,
        describe=lambda: str(lab.cloud.status()),
    )
    yield found
    lab.terminate(*instances)


def states(balanced: Balanced) -> list[str]:
    """What DescribeTargetHealth says of the two machines."""
    return [
        each["TargetHealth"]["State"]
        for arn in balanced.groups
        for each in balanced.lab.api(
            lambda account, arn=arn: account.elbv2.describe_target_health(TargetGroupArn=arn)
        )["TargetHealthDescriptions"]
    ]


def test_new_connections_follow_the_weights_and_old_ones_stay(balanced: Balanced) -> None:
    blue, green = balanced.names()
    balanced.weigh(100, 0)
    old = balanced.connect()
    assert old.ask() == blue
    balanced.weigh(25, 75)
    assert balanced.shares(40) == {blue: 10, green: 30}
    balanced.weigh(0, 100)
    assert old.ask() == blue, "a change of weights must not cut an established flow"
    old.close()


def test_a_deregistered_target_keeps_its_flows(balanced: Balanced) -> None:
    blue, green = balanced.names()
    target = [{"Id": balanced.instances[1]["InstanceId"]}]
    balanced.weigh(0, 100)
    old = balanced.connect()
    assert old.ask() == green
    balanced.weigh(50, 50)
    balanced.lab.api(
        lambda account: account.elbv2.deregister_targets(
            TargetGroupArn=balanced.groups[1], Targets=target
        )
    )
    wait.until(lambda: set(balanced.shares(8)) == {blue}, what="no new flows", deadline=10)
    assert states(balanced) == ["healthy", "draining"]
    assert old.ask() == green
    old.close()
    balanced.lab.api(
        lambda account: account.elbv2.register_targets(
            TargetGroupArn=balanced.groups[1], Targets=target
        )
    )
    wait.until(
        lambda: set(balanced.shares(8)) == {blue, green}, what="the target's return", deadline=20
    )


def test_an_unhealthy_target_loses_its_flows_and_gets_no_new_ones(balanced: Balanced) -> None:
    blue, green = balanced.names()
    balanced.weigh(0, 100)
    old = balanced.connect()
    assert old.ask() == green
    balanced.weigh(50, 50)
    balanced.lab.ssh(balanced.instances[1], "systemctl kill --signal=STOP echo")
    wait.until(
        lambda: states(balanced) == ["healthy", "unhealthy"],
        what="an unhealthy target",
        deadline=40,
    )
    assert set(balanced.shares(8)) == {blue}
    balanced.lab.ssh(balanced.instances[1], "systemctl kill --signal=CONT echo")
    assert old.ask() == ""
    old.close()
    wait.until(lambda: states(balanced) == ["healthy", "healthy"], what="recovery", deadline=40)


def test_the_host_sees_only_the_endpoint_on_loopback(balanced: Balanced) -> None:
    listed = subprocess.run(
        ["ss", "-Hltnp"], capture_output=True, text=True, check=True, timeout=30
    ).stdout.splitlines()
    cgroups = Cgroups()
    mine = {f"pid={pid}," for pid in cgroups.processes(balanced.lab.cloud.paths.cgroup)}
    sockets = [line.split()[3] for line in listed if any(pid in line for pid in mine)]
    assert sockets == [f"127.0.0.1:{balanced.lab.cloud.host_port}"]


def test_a_start_repairs_what_a_kill_of_everything_left(scratch: Path) -> None:
    cloud = Cloud(f"{NAME}-2", free_port())
    cloud.stop(Progress())
    before = Snapshot.take()
    first = cloud.start(Progress())
    try:
        for name in ("account", "reconciler"):
            kill_daemon(cloud, name)
        second = cloud.start(Progress())
        assert second.fresh, "an account that was killed has lost what it held"
        assert second.boot_id != first.boot_id
        assert cloud.status().running
    finally:
        cloud.stop(Progress())
        cloud.stop(Progress())
    assert port_is_free(cloud.host_port)
    left = Snapshot.take().since(before, about=[f"{NAME}-2"])
    assert not left, f"these stayed: {left}"


@pytest.mark.parametrize("seconds", [0.3, 0.6, 0.9, 1.5, 3.0])
def test_a_start_that_was_killed_is_continued_or_removed(scratch: Path, seconds: float) -> None:
    cloud = Cloud(f"{NAME}-3", free_port())
    cloud.stop(Progress())
    before = Snapshot.take()
    call = f"from local.cloud import Cloud; Cloud({NAME + '-3'!r}, {cloud.host_port}).%s(print)"
    try:
        kill_after(seconds, call % "start")
        cloud.start(Progress())
        assert cloud.status().running
        kill_after(seconds / 2, call % "stop")
    finally:
        cloud.stop(Progress())
    left = Snapshot.take().since(before, about=[f"{NAME}-3"])
    assert not left, f"these stayed: {left}"


def kill_after(seconds: float, program: str) -> None:
    """Run a program and SIGKILL it, unless it ends before."""
    running = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait(10)
