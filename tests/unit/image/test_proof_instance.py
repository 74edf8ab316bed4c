"""An AMI is proved on a machine of its own, of which nothing is left, whatever happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lakehouse.errors import DeadlineError, PreflightError, ToolError
from lakehouse.images import TAG_CONTENT_HASH
from lakehouse.proof import ImageFacts
from ops.aws import Account
from ops.image import instance
from ops.image.instance import LIFE, Bench, Login, prove_ami
from ops.temporary import TAG, UNTIL, Temporary

REGION = "eu-central-1"
CONTENT = "c" * 64
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbUDxLPbLsbBYhT7LTJsTqQWEvFPCI4M9nUnOn5dWXa"


class Hurried:
    """A clock that passes by being looked at."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        yield boto3.client("ec2", region_name=REGION)


@pytest.fixture
def account(ec2: Any) -> Account:
    del ec2
    return Account(lambda service: boto3.client(service, region_name=REGION))


@pytest.fixture
def image(ec2: Any) -> ImageFacts:
    found = ec2.register_image(Name="millrace-c", Architecture="arm64", RootDeviceName="/dev/xvda")
    ec2.create_tags(
        Resources=[found["ImageId"]], Tags=[{"Key": TAG_CONTENT_HASH, "Value": CONTENT}]
    )
    return ImageFacts(id=found["ImageId"], content_hash=CONTENT, architecture="arm64")


@pytest.fixture
def bench(account: Account, ec2: Any, tmp_path: Path) -> Bench:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    return Bench(account=account, region=REGION, subnet_id=subnet, disks=tmp_path, clock=Hurried())


class Machine:
    """What stands in for SSH and the suite on a machine."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = {
            "content_hash": CONTENT,
            "version_set": "spark-3.5",
            "components": {"spark": "3.5.7"},
        }
        self.fails = ""
        self.logins: list[Login] = []
        self.ssh_config = ""

    def ssh(self, login: Login, words: list[str]) -> str:
        self.logins.append(login)
        self.ssh_config = login.ssh_config.read_text()
        return json.dumps(self.document) if words[0] == "cat" else ""

    def suite(self, ssh_config: Path, address: str, version_set: str, log: Any) -> None:
        assert (ssh_config.name, version_set) == ("ssh_config", "spark-3.5")
        assert address.startswith("10.9.1.")
        if self.fails:
            raise ToolError(self.fails)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(instance, "_ssh", made.ssh)
    monkeypatch.setattr(instance, "run_suite", made.suite)
    monkeypatch.setattr(instance.HostKeys, "of", lambda *_: (KEY,))
    return made


def left(ec2: Any) -> list[str]:
    """What is tagged as temporary and still there."""
    here = [{"Name": "tag-key", "Values": [TAG]}]
    machines = [
        one["InstanceId"]
        for each in ec2.describe_instances(Filters=here)["Reservations"]
        for one in each["Instances"]
        if one["State"]["Name"] != "terminated"
    ]
    groups = ec2.describe_security_groups(Filters=here)["SecurityGroups"]
    keys = ec2.describe_key_pairs(Filters=here)["KeyPairs"]
    return [*machines, *(g["GroupId"] for g in groups), *(k["KeyName"] for k in keys)]


def launches(ec2: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Every request to launch, as it was made."""
    asked: list[dict[str, Any]] = []
    original = Temporary._call

    def call(self: Temporary, operation: str, **arguments: Any) -> Any:
        if operation == "run_instances":
            asked.append(arguments)
        return original(self, operation, **arguments)

    monkeypatch.setattr(Temporary, "_call", call)
    return asked


def test_a_suite_that_passes_is_a_passing_record(
    ec2: Any, image: ImageFacts, bench: Bench, machine: Machine
) -> None:
    proof = prove_ami(image, bench, lambda _: None, sbom_hash="b" * 64)
    assert (proof.image_id, proof.content_hash) == (image.id, CONTENT)
    assert (proof.place, proof.result, proof.architecture) == ("boot", "passed", "arm64")
    assert proof.components == {"spark": "3.5.7"}
    assert (len(proof.suite_hash), proof.sbom_hash) == (64, "b" * 64)
    assert left(ec2) == []


def test_a_suite_that_fails_is_a_failing_record(
    ec2: Any, image: ImageFacts, bench: Bench, machine: Machine
) -> None:
    machine.fails = "1 failed"
    said: list[str] = []
    assert prove_ami(image, bench, said.append).result == "failed"
    assert "1 failed" in said
    assert left(ec2) == []


def test_a_machine_of_other_content_is_no_proof(
    ec2: Any, image: ImageFacts, bench: Bench, machine: Machine
) -> None:
    machine.document["content_hash"] = "d" * 64
    with pytest.raises(ToolError, match=r"tagged as content cccccccccccc.*says dddddddddddd"):
        prove_ami(image, bench, lambda _: None)
    assert left(ec2) == []


@pytest.mark.parametrize("where", ["_await_running", "_await_host_keys", "_await_ssh"])
@pytest.mark.parametrize("error", [ToolError("broken"), KeyboardInterrupt()])
def test_nothing_is_left_however_it_ends(
    ec2: Any,
    image: ImageFacts,
    bench: Bench,
    machine: Machine,
    where: str,
    error: BaseException,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> None:
        assert left(ec2), "it fails when there is something to leave"
        raise error

    monkeypatch.setattr(instance, where, fail)
    with pytest.raises(type(error)):
        prove_ami(image, bench, lambda _: None)
    assert left(ec2) == []


def test_a_machine_that_never_tells_its_host_key_is_not_trusted(
    ec2: Any,
    image: ImageFacts,
    bench: Bench,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: Any) -> None:
        msg = "neither pinned nor in the console output"
        raise PreflightError(msg)

    monkeypatch.setattr(instance.HostKeys, "of", unknown)
    with pytest.raises(DeadlineError, match=r"the host key of i-.*nor in the console output"):
        prove_ami(image, bench, lambda _: None)
    assert machine.logins == []
    assert left(ec2) == []


def test_the_machine_is_closed_and_ends_itself(
    ec2: Any,
    image: ImageFacts,
    bench: Bench,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = launches(ec2, monkeypatch)
    before = datetime.now(UTC)
    prove_ami(image, bench, lambda _: None)
    (request,) = asked
    assert request["InstanceType"] == "m7g.large", "of the image's architecture"
    assert request["NetworkInterfaces"][0]["AssociatePublicIpAddress"] is False
    assert request["MetadataOptions"]["HttpTokens"] == "required"
    assert request["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    assert request["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert request["InstanceInitiatedShutdownBehavior"] == "terminate"
    assert "IamInstanceProfile" not in request, "what is only looked at needs no rights"
    assert "power_state" in request["UserData"], "it ends itself when nobody ends it"
    assert not _is_boot_document(request["UserData"])
    tags = {each["Key"]: each["Value"] for each in request["TagSpecifications"][0]["Tags"]}
    assert tags[TAG] == f"prove {image.id}"
    assert datetime.fromisoformat(tags[UNTIL]) - before <= LIFE + timedelta(seconds=5)


def _is_boot_document(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def test_its_group_lets_ssh_in_from_the_vpc_and_nothing_out(bench: Bench, ec2: Any) -> None:
    made = Temporary(ec2).make_group("g", bench.subnet_id, {TAG: "test"})
    (group,) = ec2.describe_security_groups(GroupIds=[made])["SecurityGroups"]
    (inward,) = group["IpPermissions"]
    assert (inward["FromPort"], inward["ToPort"]) == (22, 22)
    assert [each["CidrIp"] for each in inward["IpRanges"]] == ["10.9.0.0/16"]
    assert group["IpPermissionsEgress"] == []


@pytest.mark.parametrize("tunnel", [True, False])
def test_the_host_key_is_known_before_the_first_word(
    image: ImageFacts, bench: Bench, machine: Machine, *, tunnel: bool
) -> None:
    prove_ami(image, replace(bench, tunnel=tunnel), lambda _: None)
    assert "StrictHostKeyChecking yes" in machine.ssh_config
    assert ("open-tunnel --instance-id i-" in machine.ssh_config) is tunnel


def test_what_a_killed_run_left_is_found_when_its_time_is_over(
    ec2: Any, image: ImageFacts, bench: Bench
) -> None:
    temporary, now = Temporary(ec2), datetime.now(UTC)
    tags = {TAG: "prove ami-1", UNTIL: now.isoformat()}
    temporary.import_key("left", KEY.encode(), tags)
    group = temporary.make_group("left", bench.subnet_id, tags)
    machine = temporary.launch(
        image.id,
        instance_type="m7g.large",
        subnet_id=bench.subnet_id,
        group_id=group,
        key_name="left",
        user_data="",
        tags=tags,
    )
    assert temporary.strays(now - timedelta(minutes=1)) == (), "one at work is left alone"
    strays = temporary.strays(now + timedelta(minutes=1))
    assert [each.id for each in strays] == [machine, group, "left"]
    assert str(strays[0]) == f"machine {machine} (prove ami-1, until {now.isoformat()})"
    while strays := temporary.remove(strays):
        continue
    assert left(ec2) == []
