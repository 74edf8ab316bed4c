"""The metadata client and what a machine learns about itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from node import instance
from node.errors import MetadataError, NodeError

INSTANCE = {
    "meta-data/instance-id": "i-1",
    "meta-data/local-ipv4": "10.0.1.4",
}


def test_every_read_carries_a_token_got_with_put(imds: Any) -> None:
    imds.entries["user-data"] = "{}"
    assert imds.client().get("user-data") == "{}"
    assert imds.seen == [
        ("PUT", "/latest/api/token", False),
        ("GET", "/latest/user-data", True),
    ], "version 1 reads carry no token"


def test_one_token_serves_many_reads(imds: Any) -> None:
    imds.entries["user-data"] = "{}"
    client = imds.client()
    client.get("user-data")
    client.get("user-data")
    assert [method for method, _, _ in imds.seen] == ["PUT", "GET", "GET"]


def test_a_refused_token_is_renewed(imds: Any) -> None:
    imds.entries["user-data"] = "{}"
    client = imds.client()
    client.get("user-data")
    imds.tokens.clear()
    imds.tokens.add("another")
    assert client.get("user-data") == "{}"


def test_what_the_service_does_not_have_is_none(imds: Any) -> None:
    assert imds.client().find("meta-data/spot/instance-action") is None


def test_what_every_machine_has_is_demanded(imds: Any) -> None:
    with pytest.raises(MetadataError, match="has no meta-data/instance-id"):
        imds.client().get("meta-data/instance-id")


def test_a_passing_fault_is_waited_out(imds: Any) -> None:
    imds.entries["user-data"] = "{}"
    imds.failures = 2
    assert imds.client().get("user-data", deadline=10) == "{}"


def test_the_deadline_tells_what_was_seen_last(imds: Any) -> None:
    imds.failures = 1000
    with pytest.raises(MetadataError, match=r"within 0\.5 s; last: status 503"):
        imds.client().get("user-data", deadline=0.5)


def test_a_machine_knows_its_vpc_and_group(imds: Any) -> None:
    imds.entries |= INSTANCE | {
        "meta-data/mac": "02:00:00:00:00:01",
        "meta-data/network/interfaces/macs/02:00:00:00:00:01/vpc-ipv4-cidr-blocks": (
            "10.0.0.0/16\n10.1.0.0/16"
        ),
        "meta-data/tags/instance/aws:autoscaling:groupName": "workers",
    }
    assert instance.read(imds.client()) == instance.Instance(
        instance_id="i-1",
        private_ip="10.0.1.4",
        vpc_cidrs=("10.0.0.0/16", "10.1.0.0/16"),
        group="workers",
    )


def test_a_machine_without_tags_in_its_metadata_still_boots(imds: Any) -> None:
    imds.entries |= INSTANCE
    known = instance.read(imds.client())
    assert (known.group, known.vpc_cidrs) == ("", ())


def test_agents_read_back_what_boot_wrote(tmp_path: Path, instance: instance.Instance) -> None:
    from node.instance import load

    path = tmp_path / "instance.json"
    path.write_text(instance.to_json())
    assert load(path) == instance


def test_an_agent_started_before_boot_says_so(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="not what millrace-boot writes"):
        instance.load(tmp_path / "missing.json")
