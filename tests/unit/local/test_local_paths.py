"""Every name of a cloud is derived from the cloud's name, and fits where Linux wants it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lakehouse.errors import LakehouseError
from local.network import mac_address, vpc_addresses
from local.paths import CloudPaths, bridge_name, is_instance_id, veth_name


@pytest.mark.parametrize("name", ["", "Millrace", "a/b", "..", "-x", "x-", "a" * 33, "a b"])
def test_a_name_that_could_not_be_a_namespace_is_refused(name: str) -> None:
    with pytest.raises(LakehouseError, match="local cloud name"):
        CloudPaths(name)


@pytest.mark.parametrize("make", [bridge_name, veth_name])
def test_an_interface_name_fits_the_fifteen_characters_of_linux(make: Callable[[str], str]) -> None:
    assert len(make("i-0123456789abcdef0")) <= 15


def test_a_cloud_does_not_claim_the_machines_of_one_with_a_longer_name() -> None:
    mine = CloudPaths("mill")
    assert mine.instance_of_netns("mill-i-0123456789abcdef0") == "i-0123456789abcdef0"
    assert mine.instance_of_netns("mill-race-i-0123456789abcdef0") is None
    assert mine.instance_of_netns("mill-race") is None


@pytest.mark.parametrize(
    "text", ["daemons", "i-xyz", "i-", "i-0123456789abcdef0/..", "../i-01234567"]
)
def test_only_what_ec2_calls_an_instance_is_one(text: str) -> None:
    assert not is_instance_id(text)


def test_the_state_directory_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLRACE_STATE", "/somewhere")
    assert str(CloudPaths("one").machine("i-0123456789abcdef0")) == (
        "/somewhere/one/machines/i-0123456789abcdef0"
    )


def test_a_network_card_tells_its_address() -> None:
    assert mac_address("10.91.1.4") == "02:00:0a:5b:01:04"


def test_a_vpc_carries_router_resolver_and_load_balancers() -> None:
    assert vpc_addresses("10.0.0.0/16", ["10.0.1.254"]) == [
        "10.0.0.1/16",
        "10.0.0.2/32",
        "10.0.1.254/32",
    ]
