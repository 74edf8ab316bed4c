"""An instance of the account is a booted machine, in all that EC2 says of it."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from local import network, wait
from local.account_client import AccountClient
from local.cgroups import Cgroups, Limits
from local.machine import Machine
from local.paths import bridge_name
from local.shell import run
from local.snapshot import Snapshot
from tests.cluster.cloud.lab import BOOT_SECONDS, Lab, kill_daemon
from toolchain.progress import Progress

pytestmark = pytest.mark.cluster


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
    files = Cgroups().limit_files(
        machine.group, Limits(memory_mib=2048, cpus=min(2, os.cpu_count() or 1))
    )
    assert {path.read_text().strip() for path in files} == set(files.values())


def test_a_machine_reaches_the_account_and_nothing_beyond(
    lab: Lab, instance: dict[str, Any]
) -> None:
    assert '"ok": true' in lab.get(instance, f"{lab.cloud.endpoint_url}/_local/health")
    assert lab.get(instance, "http://198.51.100.7/") == "no answer"


def test_the_router_keeps_its_hardware_address_whoever_comes_and_goes(
    lab: Lab, instance: dict[str, Any]
) -> None:
    netns = lab.cloud.paths.netns
    bridge = bridge_name(lab.vpc)
    before = network.links(netns)[bridge]["address"]
    cable = "name guest address 02:00:00:00:00:01 type veth peer name guest-peer"
    for command in (f"link add {cable}", f"link set guest master {bridge} up"):
        run([*network.in_namespace(netns), "ip", *command.split()])
    try:
        now = network.links(netns)[bridge]["address"]
    finally:
        run([*network.in_namespace(netns), "ip", "link", "delete", "guest"])
    assert now == before, "or all machines lose it until they ask for it again"
    assert before in lab.ssh(instance, "ip neigh"), "and it is the address that machines know"


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
