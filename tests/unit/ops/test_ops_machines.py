"""Finding machines by what an operator types, and the account's errors as messages."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from moto import mock_aws

from lakehouse.errors import PreflightError
from lakehouse.outputs import StackOutputs
from ops.aws import Account, AutoScaling, AwsError, Ec2
from ops.machines import Machine, select

LEADER, WORKER = "i-0aaaaaaaaaaaaaaaa", "i-0bbbbbbbbbbbbbbbb"


def machine(instance_id: str, role: str, address: str) -> Machine:
    return Machine(
        instance_id=instance_id,
        role="leader" if role == "leader" else "worker",
        generation="blue",
        lifecycle="InService",
        state="running",
        type="t3.small",
        market="spot",
        address=address,
        zone="a",
    )


FLEET = (machine(LEADER, "leader", "10.0.0.4"), machine(WORKER, "worker", "10.0.0.5"))


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("", [LEADER, WORKER]),
        ("leader", [LEADER]),
        ("workers", [WORKER]),
        ("blue/worker", [WORKER]),
        ("10.0.0.4", [LEADER]),
        (LEADER, [LEADER]),
        ("i-0b", [WORKER]),
    ],
)
def test_a_word_means_machines(word: str, found: list[str]) -> None:
    assert [each.instance_id for each in select(FLEET, word)] == found


@pytest.mark.parametrize("word", ["green/leader", "i-0c", "10.0.0.9", "master"])
def test_a_word_that_means_nothing_lists_what_there_is(word: str) -> None:
    with pytest.raises(PreflightError, match=rf"no machine '{word}'; there are: {LEADER}"):
        select(FLEET, word)


@pytest.fixture
def account() -> Any:
    with mock_aws():
        session = boto3.Session("testing", "testing", region_name="eu-central-1")
        yield Account(lambda service: session.client(service))  # type: ignore[call-overload]


def test_instances_are_read_by_id_and_unknown_ids_left_out(account: Account) -> None:
    made = account.client("ec2").run_instances(
        ImageId="ami-12c6146b", InstanceType="t3.small", MinCount=1, MaxCount=1
    )["Instances"][0]
    found = account.ec2.instances([made["InstanceId"], "i-0123456789abcdef0"])
    assert list(found) == [made["InstanceId"]]
    assert found[made["InstanceId"]].type == "t3.small"
    assert not found[made["InstanceId"]].spot


def test_no_ids_ask_nothing() -> None:
    assert Ec2(client=None).instances([]) == {}


def test_a_group_that_is_gone_has_no_members(account: Account) -> None:
    assert account.autoscaling.members("no-such-group") == ()


def test_an_error_of_the_api_names_call_and_code(account: Account) -> None:
    with pytest.raises(AwsError, match="secretsmanager get_secret_value: ResourceNotFound") as info:
        account.secrets.text("no-such-secret")
    assert info.value.code == "ResourceNotFoundException"


def test_missing_credentials_say_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    client = boto3.Session(region_name="eu-central-1").client("autoscaling")
    with pytest.raises(AwsError, match="no AWS credentials"):
        AutoScaling(client).group("any")


def test_outputs_without_generations_have_no_machines(outputs: StackOutputs) -> None:
    from ops.machines import find_machines

    empty = outputs.model_copy(update={"generations": ()})
    assert find_machines(Account(lambda _: None), empty) == ()
