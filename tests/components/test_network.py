"""Network: private, and closed to all but what is named."""

from __future__ import annotations

import pytest

from lakehouse import ports
from lakehouse.config.network import INTERFACE_SERVICES
from tests.components.programs import network
from tests.components.recorder import Recorded, build

WAYS_OUT = ("InternetGateway", "NatGateway", "Route", "EgressOnlyInternetGateway")


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return build(lambda: network("net"))


def test_there_is_no_way_to_or_from_the_internet(recorded: Recorded) -> None:
    assert [each.type for kind in WAYS_OUT for each in recorded.of(kind)] == []
    assert not any(each.inputs.get("mapPublicIpOnLaunch") for each in recorded.of("Subnet"))
    for kind in ("SecurityGroupIngressRule", "SecurityGroupEgressRule"):
        assert "0.0.0.0/0" not in {each.inputs.get("cidrIpv4") for each in recorded.of(kind)}


def test_subnets_are_named_by_zone_and_stay_when_a_zone_goes(recorded: Recorded) -> None:
    fewer = build(lambda: network("net", zones=("eu-central-1b",)))
    kept = fewer.one("Subnet")
    before = recorded.one("Subnet", "eu-central-1b")
    assert (kept.name, kept.inputs) == (before.name, before.inputs)


def test_security_groups_carry_no_rules_of_their_own(recorded: Recorded) -> None:
    groups = [*recorded.of("SecurityGroup"), recorded.one("DefaultSecurityGroup")]
    for group in groups:
        assert not {"ingress", "egress"} & set(group.inputs), "two owners of one rule list"


def test_only_clients_and_operators_are_named_by_address(recorded: Recorded) -> None:
    by_address = [
        each
        for kind in ("SecurityGroupIngressRule", "SecurityGroupEgressRule")
        for each in recorded.of(kind)
        if "cidrIpv4" in each.inputs
    ]
    assert {each.inputs["fromPort"] for each in by_address} == {ports.ENDPOINT}


def test_every_rule_names_one_peer_one_protocol_and_its_ports(recorded: Recorded) -> None:
    for kind in ("SecurityGroupIngressRule", "SecurityGroupEgressRule"):
        for rule in recorded.of(kind):
            peers = {"cidrIpv4", "referencedSecurityGroupId", "prefixListId"} & set(rule.inputs)
            assert len(peers) == 1, rule.name
            assert rule.inputs["ipProtocol"] == "tcp"
            assert rule.inputs["toPort"] - rule.inputs["fromPort"] <= 16, rule.name


@pytest.mark.parametrize("port", [ports.CONNECT, ports.DRIVER_UI, ports.NODE_STATUS])
def test_machines_keep_their_inner_ports_to_themselves(recorded: Recorded, port: int) -> None:
    endpoint = "securitygroup-net-endpoint"
    open_to = [
        rule.name
        for rule in recorded.of("SecurityGroupIngressRule")
        if rule.inputs["fromPort"] <= port <= rule.inputs["toPort"]
        and rule.inputs["securityGroupId"] != endpoint
    ]
    assert open_to == []


def test_ways_between_our_groups_are_open_at_both_ends(recorded: Recorded) -> None:
    def ways(kind: str, near: str, far: str) -> set[tuple[str, str, int, int]]:
        return {
            (
                rule.inputs[near],
                rule.inputs[far],
                rule.inputs["fromPort"],
                rule.inputs["toPort"],
            )
            for rule in recorded.of(kind)
            if "referencedSecurityGroupId" in rule.inputs
        }

    out = ways("SecurityGroupEgressRule", "securityGroupId", "referencedSecurityGroupId")
    into = ways("SecurityGroupIngressRule", "referencedSecurityGroupId", "securityGroupId")
    assert out == into


def test_ssh_is_closed_unless_a_network_is_named(recorded: Recorded) -> None:
    def ssh(of: Recorded) -> list[str]:
        rules = of.of("SecurityGroupIngressRule")
        return [each.inputs["cidrIpv4"] for each in rules if each.inputs["fromPort"] == ports.SSH]

    assert ssh(recorded) == []
    assert ssh(build(lambda: network("net", ssh_from=("10.9.0.0/16",)))) == ["10.9.0.0/16"] * 2


def test_without_named_clients_the_vpc_itself_may_connect() -> None:
    rules = build(lambda: network("net", clients=())).of("SecurityGroupIngressRule")
    assert [each.inputs["cidrIpv4"] for each in rules if "cidrIpv4" in each.inputs] == [
        "10.42.0.0/16"
    ]


def test_services_are_reached_by_their_own_names(recorded: Recorded) -> None:
    interfaces = [
        each for each in recorded.of("VpcEndpoint") if each.inputs["vpcEndpointType"] == "Interface"
    ]
    assert len(interfaces) == len(INTERFACE_SERVICES)
    assert all(each.inputs["privateDnsEnabled"] for each in interfaces)
    assert recorded.one("Vpc").inputs["enableDnsHostnames"], "private names need it"


def test_a_global_service_is_asked_for_where_it_is(recorded: Recorded) -> None:
    endpoint = recorded.one("VpcEndpoint", "-route53").inputs
    assert endpoint["serviceName"] == "com.amazonaws.route53"
    assert endpoint["serviceRegion"] == "us-east-1"


def test_s3_is_a_gateway_in_every_route_table(recorded: Recorded) -> None:
    gateway = recorded.one("VpcEndpoint", "-s3").inputs
    assert gateway["vpcEndpointType"] == "Gateway"
    assert len(gateway["routeTableIds"]) == len(recorded.of("RouteTable"))


def test_the_zone_is_private(recorded: Recorded) -> None:
    assert recorded.one("Zone").inputs["vpcs"][0]["vpcId"] == "vpc-net-vpc"
