"""The reconciler does what it can and says what it cannot."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from lakehouse.errors import ContractError, ToolError
from local import images
from local.metadata_source import MetadataSource
from local.paths import CloudPaths
from local.reconciler import distinct
from local.snapshot import Snapshot
from local.status import read_report, read_status, write_report
from local.world import Vpc
from tests.unit.local.worlds import balancer, instance, world


def vpc(name: str, cidr: str, *, is_default: bool = False) -> Vpc:
    return Vpc(id=name, cidr=cidr, is_default=is_default)


def test_a_default_vpc_that_nothing_is_in_needs_no_network() -> None:
    empty = world(instance())
    vpcs = {**empty.vpcs, "vpc-d": vpc("vpc-d", "172.31.0.0/16", is_default=True)}
    seen = type(empty)(vpcs=vpcs, instances=empty.instances)
    assert set(seen.used_vpcs()) == {"vpc-1"}


def test_of_overlapping_vpcs_the_default_one_gives_way() -> None:
    vpcs = {
        "vpc-d": vpc("vpc-d", "10.0.0.0/8", is_default=True),
        "vpc-x": vpc("vpc-x", "10.1.0.0/16"),
        "vpc-y": vpc("vpc-y", "10.2.0.0/16"),
    }
    assert set(distinct(vpcs)) == {"vpc-x", "vpc-y"}


class Account:
    """Counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def get(self, path: str) -> dict[str, object]:
        self.asked += 1
        return {"instance_action": {"action": "terminate"}, "rebalance": None}

    def post(self, path: str, body: object) -> dict[str, object]:
        msg = "the emulated account does not answer"
        raise ToolError(msg)


def source(account: Account, now: list[float]) -> MetadataSource:
    found = MetadataSource(account, "eu-central-1", clock=lambda: now[0])  # type: ignore[arg-type]
    found.update(world(instance(role="leader", profile_arn="arn")))
    return found


def test_an_address_that_is_no_machines_gets_no_answer() -> None:
    assert source(Account(), [0.0]).lookup("10.0.9.9", "/latest/user-data") is None


def test_the_account_is_asked_for_notices_once_a_second() -> None:
    account, now = Account(), [100.0]
    metadata = source(account, now)
    for at in (100.0, 100.5, 101.5):
        now[0] = at
        answer = metadata.lookup("10.0.1.4", "/latest/meta-data/spot/instance-action")
        assert answer is not None
        assert answer.status == 200
    assert account.asked == 2


def test_an_account_that_does_not_answer_is_a_server_error_to_the_machine() -> None:
    path = "/latest/meta-data/iam/security-credentials/leader"
    answer = source(Account(), [0.0]).lookup("10.0.1.4", path)
    assert answer is not None
    assert answer.status == 500


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CloudPaths:
    monkeypatch.setenv("MILLRACE_STATE", str(tmp_path))
    found = CloudPaths("unit")
    found.run.mkdir(parents=True)
    return found


def test_the_report_of_a_round_comes_back_as_status(paths: CloudPaths) -> None:
    seen = world(instance(tags={"Name": "leader"}), balancers=(balancer({"tg": 1}),))
    write_report(paths, seen, {"tg": {instance().id: "healthy"}}, {}, {"nlb": "10.0.1.254"})
    status = read_status(paths)
    assert [(each.name, each.private_ip) for each in status.machines] == [("leader", "10.0.1.4")]
    assert status.balancers[0].address == "10.0.1.254"
    assert status.balancers[0].targets[0].health == "healthy"
    assert not status.running


def test_a_cloud_that_was_never_started_has_a_status_too(paths: CloudPaths) -> None:
    assert read_report(paths) == {}
    assert read_status(paths).seen_seconds_ago is None


def image(cache: Path, document: str, *layers: str) -> Path:
    folder = cache / "images" / "abc"
    folder.mkdir(parents=True)
    (folder / "image.json").write_text(document)
    for layer in layers:
        (folder / layer).touch()
    return folder


def test_an_images_layers_are_in_the_order_of_its_manifest(tmp_path: Path) -> None:
    image(
        tmp_path, '{"layers": ["base.squashfs", "top.squashfs"]}', "base.squashfs", "top.squashfs"
    )
    names = [each.name for each in images.find("abc", tmp_path).layers]
    assert names == ["base.squashfs", "top.squashfs"]


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ('{"layers": ["base.squashfs"]}', "lacks"),
        ('{"layers": ["there.squashfs"], "architecture": "riscv64"}', "is for riscv64"),
        ("not JSON", "not in the cache"),
    ],
)
def test_an_image_that_cannot_boot_here_says_why(
    tmp_path: Path, document: str, complaint: str
) -> None:
    image(tmp_path, document, "there.squashfs")
    with pytest.raises(ContractError, match=complaint):
        images.find("abc", tmp_path)


def test_a_missing_image_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="make image"):
        images.find("abc", tmp_path)


def test_a_snapshot_tells_what_came_and_what_went() -> None:
    before, after = Snapshot(Counter({"a x": 1, "b y": 1})), Snapshot(Counter({"b y": 2}))
    assert after.since(before) == ["+ b y", "- a x"]
    assert after.since(before, about=["x"]) == ["- a x"]
