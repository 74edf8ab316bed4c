"""Images, proofs and channels of an account: what is moved, refused, kept and removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lakehouse.errors import LakehouseError, PreflightError, ToolError
from lakehouse.images import TAG_CONTENT_HASH
from lakehouse.proof import Proof
from ops.aws import Account, Parameters
from ops.image import catalogue, channels, proofs, retire, suite
from ops.image.bake import LocalImage
from ops.image.layer import TESTS
from ops.matrix.record import Cell, Record, ServerRecord

REGION = "eu-central-1"


def matrix(version_set: str = "spark-3.5", spark: str = "3.5.7", said: str = "") -> Record:
    """A record of the matrix with one row."""
    row = ServerRecord(
        version_set=version_set,
        components={"spark": spark},
        pins="",
        content_hash="",
        architecture="amd64",
        time="",
        cells=(
            Cell(client="spark-3.5", checks={"SQL": said}, seconds=1),
            Cell(client="spark-4.1", refused="too new", seconds=1),
        ),
    )
    return Record(servers=(row,))


def image(content: str) -> LocalImage:
    """An image as the cache has it."""
    manifest = {
        "created": "2026-11-20T09:00:00Z",
        "components": {"spark": "3.5.7"},
        "suite_hash": "5" * 64,
    }
    return LocalImage(
        content_hash=content * 64,
        version_set="spark-3.5",
        architecture="amd64",
        layers=(),
        manifest=manifest,
    )


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    # Moto's own images, which no test here reads, would be made again before each of them.
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        yield Account(lambda service: boto3.client(service, region_name=REGION))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILLRACE_CACHE", str(tmp_path))
    for content in "abc":
        (tmp_path / "images" / (content * 64)).mkdir(parents=True)
    return tmp_path


def add(account: Account, content: str) -> str:
    """A baked image with the record of its bake."""
    image_id = catalogue.ensure_registered(account, image(content))
    proofs.write(account.parameters, proofs.of_local_image(image(content), image_id))
    return image_id


def promote(account: Account, name: str, word: str, tried: Record | None = None) -> str:
    known = catalogue.read(account)
    return channels.promote(account.parameters, known, name, word, tried or matrix())


def rollback(account: Account, name: str) -> str:
    return channels.rollback(account.parameters, catalogue.read(account), name)


def value(account: Account, name: str) -> str:
    return account.parameters.below("/millrace/images/channels")[
        f"/millrace/images/channels/{name}"
    ]


def test_the_bake_s_own_suite_is_a_record(account: Account) -> None:
    image_id = add(account, "a")
    (record,) = proofs.read(account.parameters, image_id)
    assert record == Proof(
        image_id=image_id,
        content_hash="a" * 64,
        version_set="spark-3.5",
        architecture="x86_64",
        place="bake",
        suite_hash="5" * 64,
        result="passed",
        time="2026-11-20T09:00:00Z",
        components={"spark": "3.5.7"},
    )


def test_an_image_is_registered_once(account: Account) -> None:
    assert add(account, "a") == add(account, "a")
    assert len(account.ec2.images(TAG_CONTENT_HASH)) == 1


def test_an_image_is_called_by_id_by_hash_or_by_a_channel(account: Account) -> None:
    image_id = add(account, "a")
    add(account, "b")
    promote(account, "dev", "aaaaaa")
    known = catalogue.read(account)
    for word in (image_id, "a" * 64, "aaaaaaa", "channel:dev"):
        assert known.find(word).image.id == image_id
    for word in ("aaaaa", "ami-0123", "cccccc"):
        with pytest.raises(PreflightError, match=f"no image of ours called {word}"):
            known.find(word)
    with pytest.raises(PreflightError, match="there is no channel 'stage'"):
        known.find("channel:stage")


def test_a_channel_s_value_is_the_image_id_and_nothing_else(account: Account) -> None:
    image_id = add(account, "a")
    said = promote(account, "prod", image_id)
    assert said.startswith(f"channel prod holds {image_id} (spark-3.5, content aaaaaaaaaaaa")
    assert value(account, "prod") == image_id
    assert "already" in promote(account, "prod", image_id)
    assert account.parameters.versions("/millrace/images/channels/prod") == [image_id]


def test_a_rollback_goes_back_and_back(account: Account) -> None:
    first, second, third = (add(account, each) for each in "abc")
    for each in (first, second, third):
        promote(account, "prod", each)
    rollback(account, "prod")
    assert value(account, "prod") == second
    rollback(account, "prod")
    assert value(account, "prod") == first
    with pytest.raises(LakehouseError, match="nothing to go back to"):
        rollback(account, "prod")


def test_a_rollback_of_a_channel_that_is_not_there_is_refused(account: Account) -> None:
    with pytest.raises(PreflightError, match="no channel 'prod'"):
        rollback(account, "prod")


@pytest.mark.parametrize("name", ["Prod", "a b", "", "x" * 32])
def test_a_channel_has_a_name_that_a_stack_can_write(name: str) -> None:
    with pytest.raises(PreflightError, match="is no name of a channel"):
        channels.promote(Parameters(None), catalogue.Catalogue(entries=()), name, "ami-1")


def test_an_unproved_image_reaches_no_channel(account: Account) -> None:
    image_id = catalogue.ensure_registered(account, image("a"))
    with pytest.raises(PreflightError, match="is not proved"):
        promote(account, "prod", image_id)
    assert account.parameters.below("/millrace/images/channels") == {}


@pytest.mark.parametrize(
    ("tried", "reason"),
    [
        (matrix("spark-4.1", "4.1.4"), "version set spark-3.5 never passed its matrix"),
        (matrix(said="TypeError: no"), "the matrix of version set spark-3.5 did not pass: "),
        (matrix(spark="3.5.9"), "with other versions (spark 3.5.9, the image 3.5.7)"),
    ],
)
def test_an_image_whose_set_did_not_pass_its_matrix_reaches_no_channel(
    account: Account, tried: Record, reason: str
) -> None:
    image_id = add(account, "a")
    with pytest.raises(PreflightError) as caught:
        promote(account, "prod", image_id, tried)
    assert f"image {image_id} cannot be promoted: " in str(caught.value)
    assert reason in str(caught.value)
    assert account.parameters.below("/millrace/images/channels") == {}


def test_an_image_that_clients_were_tried_with_itself_needs_no_other_record(
    account: Account,
) -> None:
    proofs.keep_matrix(image("a"), suite_hash="5" * 64, passed=True)
    image_id = add(account, "a")
    promote(account, "prod", image_id, matrix(spark="3.5.9"))
    assert value(account, "prod") == image_id


def test_an_image_that_failed_its_own_matrix_is_unusable(account: Account) -> None:
    proofs.keep_matrix(image("a"), suite_hash="5" * 64, passed=False)
    with pytest.raises(PreflightError, match=r"failed its suite \(matrix"):
        promote(account, "prod", add(account, "a"))


def test_a_way_back_does_not_wait_for_a_matrix(account: Account) -> None:
    first, second = (add(account, each) for each in "ab")
    for each in (first, second):
        promote(account, "prod", each)
    rollback(account, "prod")
    assert value(account, "prod") == first


def test_a_failed_suite_is_recorded_and_keeps_the_image_out(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        msg = "image: tests on a booted machine: 1 failed"
        raise ToolError(msg)

    monkeypatch.setattr(proofs, "prove", fail)
    with pytest.raises(ToolError):
        proofs.prove_local_image(image("a"), lambda _: None)
    image_id = add(account, "a")
    assert catalogue.read(account).find(image_id).verdict == "FAILED (boot)"
    with pytest.raises(PreflightError, match=r"failed its suite \(boot"):
        promote(account, "prod", image_id)
    monkeypatch.setattr(proofs, "prove", lambda *_: None)
    proofs.prove_local_image(image("a"), lambda _: None)
    add(account, "a")
    assert catalogue.read(account).find(image_id).verdict == "proved (bake, boot)"
    promote(account, "prod", image_id)


def launch(account: Account, image_id: str) -> str:
    answer = account.client("ec2").run_instances(ImageId=image_id, MinCount=1, MaxCount=1)
    return str(answer["Instances"][0]["InstanceId"])


def test_pruning_keeps_what_channels_templates_and_machines_hold(account: Account) -> None:
    held, used = add(account, "a"), add(account, "b")
    promote(account, "prod", held)
    promote(account, "prod", used)
    machine = launch(account, used)
    account.client("ec2").create_launch_template(
        LaunchTemplateName="blue-leader", LaunchTemplateData={"ImageId": used}
    )
    free = add(account, "c")
    known = catalogue.read(account)
    assert known.find(held).kept_by == ("channel prod-1",)
    assert known.find(used).kept_by == (
        "channel prod",
        "launch template blue-leader",
        f"machine {machine}",
    )
    assert [each.image.id for each in retire.unused(known)] == [free]
    assert f"remove  {free} (spark-3.5, content cccccccccccc" in retire.plan(known)


def test_pruning_removes_an_image_with_its_snapshots_and_proofs(account: Account) -> None:
    ec2 = account.client("ec2")
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    image_id = ec2.register_image(
        Name="ours",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}],
    )["ImageId"]
    ec2.create_tags(Resources=[image_id], Tags=[{"Key": TAG_CONTENT_HASH, "Value": "a" * 64}])
    add(account, "a")
    known = catalogue.read(account)
    snapshots = known.entries[0].snapshots
    retire.remove(account, known)
    assert catalogue.read(account).entries == ()
    assert proofs.read(account.parameters, image_id) == ()
    left = [each["SnapshotId"] for each in ec2.describe_snapshots()["Snapshots"]]
    assert not set(snapshots) & set(left)


def test_the_list_is_a_table_and_a_document(account: Account) -> None:
    image_id = add(account, "a")
    promote(account, "prod", image_id)
    known = catalogue.read(account)
    head, row = catalogue.render(known).splitlines()
    assert head.split() == ["IMAGE", "VERSION", "SET", "ARCH", "CONTENT", "PROOF", "KEPT", "BY"]
    assert row.split()[:2] == [image_id, "spark-3.5"]
    assert row.split()[-4:] == ["proved", "(bake)", "channel", "prod"]
    (document,) = json.loads(json.dumps([each.to_mapping() for each in known.entries]))
    assert document["usable"] is True
    assert document["kept_by"] == ["channel prod"]


def test_a_layer_keeps_the_suite_that_it_passed(tmp_path: Path) -> None:
    folder = tmp_path / "tests/image"
    folder.mkdir(parents=True)
    for name in ("conftest.py", *TESTS["runtime"], suite.SEALED):
        (folder / name).write_text(name)
    layer, other = tmp_path / "runtime.squashfs", tmp_path / "project.squashfs"
    suite.note("runtime", layer, tmp_path)
    noted = suite.noted([layer])
    (folder / "test_runtime.py").write_text("changed")
    assert suite.noted([layer]) == noted, "an unchanged layer is not tested again"
    assert suite.noted([layer, other]) == "", "one that nobody noted is not made up"
    suite.note("runtime", layer, tmp_path)
    assert suite.noted([layer]) != noted
