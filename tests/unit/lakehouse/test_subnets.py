"""The address plan: nothing overlaps, and nothing ever moves."""

from __future__ import annotations

import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.subnets import ZONE_LETTERS, AddressPlan

SMALLEST_SUBNET = 28
"""Longest prefix of a subnet (VPC user guide, subnet CIDR blocks)."""

zones = st.sets(st.sampled_from(ZONE_LETTERS), min_size=1, max_size=6).map(
    lambda letters: sorted(f"eu-central-1{letter}" for letter in letters)
)


@st.composite
def vpcs(draw: st.DrawFn) -> str:
    """A VPC of a size that we take, anywhere in private address space."""
    prefix = draw(st.integers(16, 20))
    home = ipaddress.ip_network(
        draw(st.sampled_from(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]))
    )
    number = draw(st.integers(0, 2 ** (prefix - home.prefixlen) - 1))
    size = 2 ** (32 - prefix)
    return f"{home.network_address + number * size}/{prefix}"


def blocks(plan: AddressPlan) -> list[ipaddress.IPv4Network]:
    """Every block that the plan names."""
    every = [f"eu-central-1{letter}" for letter in ZONE_LETTERS]
    named = [*map(plan.private, every), *map(plan.public, every), *plan.reserved()]
    return [ipaddress.IPv4Network(each) for each in named]


@given(vpcs())
def test_the_plan_covers_the_vpc_once_and_nothing_else(cidr: str) -> None:
    named, vpc = blocks(AddressPlan(cidr)), ipaddress.IPv4Network(cidr)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(named, 2))
    assert all(each.subnet_of(vpc) for each in named)
    assert sum(each.num_addresses for each in named) == vpc.num_addresses, "no address is lost"


@given(vpcs())
def test_every_block_is_a_subnet_that_aws_makes(cidr: str) -> None:
    assert all(each.prefixlen <= SMALLEST_SUBNET for each in blocks(AddressPlan(cidr)))


@given(vpcs(), zones, zones)
def test_a_zone_keeps_its_subnets_when_others_come_and_go(
    cidr: str, before: list[str], after: list[str]
) -> None:
    def subnets(chosen: list[str]) -> dict[str, tuple[str, str]]:
        plan = AddressPlan(cidr)
        return {zone: (plan.private(zone), plan.public(zone)) for zone in chosen}

    old, new = subnets(before), subnets(after)
    assert {zone: old[zone] for zone in old.keys() & new.keys()} == {
        zone: new[zone] for zone in old.keys() & new.keys()
    }


@pytest.mark.parametrize("prefix", range(16, 21))
def test_every_size_has_room_for_all_zones(prefix: int) -> None:
    plan = AddressPlan(f"10.42.0.0/{prefix}")
    private = [ipaddress.IPv4Network(plan.private(f"us-east-1{each}")) for each in ZONE_LETTERS]
    public = [ipaddress.IPv4Network(plan.public(f"us-east-1{each}")) for each in ZONE_LETTERS]
    assert {each.prefixlen for each in private} == {prefix + 4}
    assert {each.prefixlen for each in public} == {prefix + 7}


@pytest.mark.parametrize(
    ("zone", "private", "public"),
    [
        ("eu-central-1a", "10.42.0.0/20", "10.42.128.0/23"),
        ("eu-central-1b", "10.42.16.0/20", "10.42.130.0/23"),
        ("us-east-1f", "10.42.80.0/20", "10.42.138.0/23"),
    ],
)
def test_a_zone_s_subnets_depend_on_its_letter_alone(zone: str, private: str, public: str) -> None:
    plan = AddressPlan("10.42.0.0/16")
    assert (plan.private(zone), plan.public(zone)) == (private, public)
