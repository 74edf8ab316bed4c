"""The address plan: nothing overlaps, and nothing ever moves."""

from __future__ import annotations

import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.subnets import ZONE_LETTERS, AddressPlan


@given(st.integers(0, 255), st.integers(16, 20))
def test_subnets_are_inside_the_vpc_and_apart(second: int, prefix: int) -> None:
    plan = AddressPlan(f"10.{second}.0.0/{prefix}")
    blocks = [plan.private(f"eu-central-1{letter}") for letter in ZONE_LETTERS]
    networks = [ipaddress.ip_network(each) for each in (*blocks, *plan.spare())]
    vpc = ipaddress.ip_network(plan.cidr)
    assert sum(each.num_addresses for each in networks) == vpc.num_addresses
    assert not any(a.overlaps(b) for a, b in itertools.combinations(networks, 2))
    assert all(each.subnet_of(vpc) for each in networks)


@pytest.mark.parametrize(
    ("zone", "subnet"),
    [
        ("eu-central-1a", "10.42.0.0/20"),
        ("eu-central-1b", "10.42.16.0/20"),
        ("us-east-1f", "10.42.80.0/20"),
    ],
)
def test_a_zone_s_subnet_depends_on_its_letter_alone(zone: str, subnet: str) -> None:
    assert AddressPlan("10.42.0.0/16").private(zone) == subnet
