"""The way to the internet: none unless asked for, outwards only, and known to the policy rules."""

from __future__ import annotations

import copy
import runpy

import pytest

from policy.resource import Resource
from policy.rules import findings
from tests.components.programs import ROOT, network, stack_settings
from tests.components.recorder import Recorded, build

ZONES = ("eu-central-1a", "eu-central-1b")
ANYWHERE = "0.0.0.0/0"


def with_egress(mode: str) -> Recorded:
    return build(lambda: network("net", egress=mode, zones=ZONES))


@pytest.mark.parametrize(("mode", "gateways"), [("none", 0), ("nat", 1), ("nat-per-zone", 2)])
def test_there_are_as_many_gateways_as_the_mode_says(mode: str, gateways: int) -> None:
    recorded = with_egress(mode)
    for kind in ("NatGateway", "Eip"):
        assert len(recorded.of(kind)) == gateways
    public = [each for each in recorded.of("Subnet") if "-public-" in each.name]
    assert len(public) == gateways
    assert len(recorded.of("InternetGateway")) == (1 if gateways else 0)


@pytest.mark.parametrize("mode", ["nat", "nat-per-zone"])
def test_machines_stay_in_private_subnets(mode: str) -> None:
    recorded = with_egress(mode)
    private = {each.name for each in recorded.of("Subnet") if "-private-" in each.name}
    assert len(private) == len(ZONES)
    given = recorded.result.subnet_ids
    assert given is not None
    assert not any(each.inputs["mapPublicIpOnLaunch"] for each in recorded.of("Subnet"))
    routes = recorded.of("Route")
    assert {each.inputs["destinationCidrBlock"] for each in routes} == {ANYWHERE}
    assert all("gatewayId" not in each.inputs for each in routes), "private ones lead to NAT only"


def test_a_zone_has_a_gateway_of_its_own_where_each_has_one() -> None:
    def ways(mode: str) -> dict[str, str]:
        return {
            each.name.removeprefix("net-internet-"): each.inputs["natGatewayId"]
            for each in with_egress(mode).of("Route")
        }

    assert ways("nat-per-zone") == {zone: f"natgateway-net-nat-{zone}" for zone in ZONES}
    assert set(ways("nat").values()) == {f"natgateway-net-nat-{ZONES[0]}"}


@pytest.mark.parametrize("mode", ["none", "nat", "nat-per-zone"])
def test_the_firewall_opens_https_outwards_and_only_then(mode: str) -> None:
    recorded = with_egress(mode)
    out = [
        each
        for each in recorded.of("SecurityGroupEgressRule")
        if each.inputs.get("cidrIpv4") == ANYWHERE
    ]
    assert {(each.inputs["fromPort"], each.inputs["toPort"]) for each in out} == (
        set() if mode == "none" else {(443, 443)}
    )
    into = [each.inputs.get("cidrIpv4") for each in recorded.of("SecurityGroupIngressRule")]
    assert ANYWHERE not in into


def test_public_subnets_stay_when_zones_come_and_go() -> None:
    def public(*zones: str) -> dict[str, str]:
        recorded = build(lambda: network("net", egress="nat-per-zone", zones=zones))
        subnets = [each for each in recorded.of("Subnet") if "-public-" in each.name]
        return {each.name: each.inputs["cidrBlock"] for each in subnets}

    both = public(*ZONES)
    assert public(ZONES[1]).items() <= both.items()


@pytest.mark.parametrize("mode", ["nat", "nat-per-zone"])
def test_the_policy_rules_know_what_was_asked_for(mode: str) -> None:
    settings = copy.deepcopy(stack_settings("example"))
    settings["millrace:network"]["egress"] = mode
    program = str(ROOT / "__main__.py")
    recorded = build(lambda: runpy.run_path(program), config=settings)
    judged = [
        Resource(
            type=each.type, name=each.name, properties=each.inputs, protect=each.options.protect
        )
        for each in recorded.custom
    ]
    assert [str(each) for each in findings(judged)] == []
    untagged = [
        Resource(
            type=each.type,
            name=each.name,
            properties={**each.properties, "tags": {}},
            protect=each.protect,
        )
        for each in judged
    ]
    said = {each.rule for each in findings(untagged)}
    assert {"no-internet-route", "no-open-network"} <= said, "what nobody asked for is found"
