"""A VPC's resolver knows the VPC's own names, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local.names import config, records, reservations
from local.world import Zone
from tests.unit.local.worlds import VPC, balancer, instance, world

REGION = "eu-central-1"


def zone(**changes: Any) -> Zone:
    return Zone(**{"name": "lake.internal.", "vpc_ids": (VPC.id,), **changes})


def test_there_is_no_upstream_and_no_host_file() -> None:
    lines = config(VPC, Path("/run/x"), REGION).splitlines()
    assert {"no-resolv", "no-hosts", "local=/#/"} <= set(lines)


def test_dhcp_gives_only_reserved_addresses() -> None:
    text = config(VPC, Path("/run/x"), REGION)
    assert "dhcp-range=10.0.0.0,static,255.255.0.0,12h" in text
    assert "dhcp-option=option:router,10.0.0.1" in text
    assert "dhcp-option=option:dns-server,10.0.0.2" in text


def test_a_reservation_is_by_network_card_whatever_the_client_calls_itself() -> None:
    assert reservations(["10.0.1.4"]) == "02:00:0a:00:01:04,id:*,10.0.1.4,ip-10-0-1-4\n"


def test_an_instance_has_ec2s_private_name() -> None:
    text = records(world(instance()), VPC.id, {}, REGION)
    assert text == "10.0.1.4 ip-10-0-1-4.eu-central-1.compute.internal\n"


def test_a_record_of_the_vpcs_zone_is_known() -> None:
    zones = (zone(addresses={"leader-blue.lake.internal.": ("10.0.1.4",)}),)
    assert "10.0.1.4 leader-blue.lake.internal\n" in records(world(zones=zones), VPC.id, {}, REGION)


def test_a_record_of_another_vpcs_zone_is_not() -> None:
    zones = (zone(vpc_ids=("vpc-2",), addresses={"a.lake.internal.": ("10.0.1.4",)}),)
    assert records(world(zones=zones), VPC.id, {}, REGION) == ""


def test_an_alias_to_a_load_balancer_is_the_balancers_address() -> None:
    nlb = balancer({})
    zones = (zone(aliases={"connect.lake.internal.": f"dualstack.{nlb.dns_name}."}),)
    text = records(world(zones=zones, balancers=(nlb,)), VPC.id, {nlb.arn: "10.0.1.254"}, REGION)
    assert "10.0.1.254 connect.lake.internal\n" in text


def test_an_alias_of_an_alias_is_followed() -> None:
    zones = (
        zone(
            addresses={"c.lake.internal.": ("10.0.1.9",)},
            aliases={"a.lake.internal.": "b.lake.internal", "b.lake.internal.": "c.lake.internal"},
        ),
    )
    assert "10.0.1.9 a.lake.internal\n" in records(world(zones=zones), VPC.id, {}, REGION)


def test_a_loop_of_aliases_has_no_address() -> None:
    zones = (
        zone(
            aliases={"a.lake.internal.": "b.lake.internal", "b.lake.internal.": "a.lake.internal"}
        ),
    )
    assert records(world(zones=zones), VPC.id, {}, REGION) == ""
