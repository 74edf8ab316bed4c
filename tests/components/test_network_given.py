"""A given VPC: what it lacks is said at once, and nothing of it is made, changed or taken over."""

from __future__ import annotations

import copy
import runpy
from typing import Any

import pytest

from components._network_facts import VpcRefusedError
from lakehouse.config.network import INTERFACE_SERVICES
from lakehouse.outputs import EXPORT
from tests.components.given_account import CIDRS, GROUP, REGION, SUBNETS, TABLE, VPC, FakeVpc
from tests.components.programs import ROOT, stack_settings, whole
from tests.components.recorder import FakeAccount, Recorded, build

STACK = "given-vpc"
THEIRS = (
    "DefaultNetworkAcl",
    "DefaultRouteTable",
    "DefaultSecurityGroup",
    "InternetGateway",
    "MainRouteTableAssociation",
    "NatGateway",
    "NetworkAcl",
    "Route",
    "RouteTable",
    "RouteTableAssociation",
    "Subnet",
    "Tag",
    "Vpc",
    "VpcDhcpOptions",
)
"""Kinds that make or change what is the owner's of a VPC."""


def join(vpc: FakeVpc, outputs: dict[str, Any] | None = None, **changes: Any) -> Recorded:
    """The program in an account with that VPC; changes are to `network.vpc`."""
    settings = copy.deepcopy(stack_settings(STACK))
    network = settings["millrace:network"]
    for key in [
        each for each in changes if each in ("zone_name", "interface_services", "flow_logs")
    ]:
        network[key] = changes.pop(key)
    network["vpc"] |= changes
    account = FakeAccount(vpc=vpc, outputs=outputs or {})
    program = str(ROOT / "__main__.py")
    return build(lambda: runpy.run_path(program), stack=STACK, config=settings, account=account)


def refused(vpc: FakeVpc, **changes: Any) -> list[str]:
    """What is said of a VPC that may not be joined."""
    with pytest.raises(VpcRefusedError) as error:
        join(vpc, **changes)
    return list(error.value.findings)


def test_nothing_of_the_owner_s_is_made_or_taken_over() -> None:
    recorded = whole(STACK)
    assert [each.name for kind in THEIRS for each in recorded.of(kind)] == []
    assert recorded.of("VpcEndpoint") == [], "all that is needed is there"
    assert recorded.of("FlowLog") == [], "connections of others are not ours to record"


def test_what_is_ours_is_in_the_given_vpc_and_its_subnets() -> None:
    recorded = whole(STACK)
    assert {each.inputs["vpcId"] for each in recorded.of("SecurityGroup")} == {VPC}
    assert recorded.one("TargetGroup").inputs["vpcId"] == VPC
    assert recorded.one("Zone").inputs["vpcs"][0]["vpcId"] == VPC
    assert recorded.exports[EXPORT]["vpc_id"] == VPC
    for group in recorded.of("Group"):
        assert group.inputs["vpcZoneIdentifiers"] == list(SUBNETS.values())
    assert recorded.one("LoadBalancer").inputs["subnets"] == list(SUBNETS.values())


def test_machines_reach_endpoints_that_are_there_by_their_group() -> None:
    recorded = whole(STACK)
    assert not [each for each in recorded.of("SecurityGroup") if each.name.endswith("-services")]
    out = {
        each.name: each.inputs
        for each in recorded.of("SecurityGroupEgressRule")
        if each.inputs["fromPort"] == 443
    }
    assert {name.removeprefix(f"millrace-{STACK}-") for name in out} == {
        f"leader-to-{GROUP}",
        f"worker-to-{GROUP}",
        "leader-to-s3",
        "worker-to-s3",
    }
    assert out[f"millrace-{STACK}-leader-to-s3"]["prefixListId"] == "pl-given"
    touched = {each.inputs["securityGroupId"] for each in recorded.of("SecurityGroupIngressRule")}
    assert GROUP not in touched, "a group of somebody else's gets no rule"


def test_without_named_clients_all_networks_of_the_vpc_may_connect() -> None:
    settings = copy.deepcopy(stack_settings(STACK))
    del settings["millrace:network"]["clients"]
    program = str(ROOT / "__main__.py")
    recorded = build(lambda: runpy.run_path(program), stack=STACK, config=settings)
    named = [each.inputs.get("cidrIpv4") for each in recorded.of("SecurityGroupIngressRule")]
    assert sorted(filter(None, named)) == sorted(CIDRS)


def test_everything_that_is_missing_is_said_at_once() -> None:
    poor = FakeVpc(
        dns_support=False,
        dns_hostnames=False,
        subnets={f"{REGION}a": SUBNETS[f"{REGION}a"]},
        routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}],
        services=(),
        gateway_tables=None,
        free=3,
    )
    said = refused(poor)
    for words in (
        "enableDnsSupport off",
        "enableDnsHostnames off",
        "is not a subnet of",
        "leads to igw-1",
        "has room for 3 addresses",
        "has no gateway endpoint for S3",
        *(f'interface_services = "{each}"' for each in INTERFACE_SERVICES),
    ):
        assert sum(words in each for each in said) == 1, words
    assert len(said) == 6 + len(INTERFACE_SERVICES)


@pytest.mark.parametrize(
    ("vpc", "changes", "words"),
    [
        (FakeVpc(id="vpc-99999999"), {}, "there is no such VPC"),
        (
            FakeVpc(subnets=dict(zip(SUBNETS, reversed(SUBNETS.values()), strict=True))),
            {},
            f"is in {REGION}b; write it under that zone",
        ),
        (FakeVpc(gateway_tables=("rtb-other",)), {}, f"is not in {TABLE}, the route table of"),
        (FakeVpc(gateway_tables=None), {"route_tables": ["rtb-0123abcd"]}, f"lacks {TABLE}"),
        (FakeVpc(gateway_tables=None), {"route_tables": ["rtb-0123abcd"]}, "is of none of the"),
        (FakeVpc(several=("s3",)), {}, "several gateway endpoints for S3"),
        (FakeVpc(several=("sts",)), {}, 'interface_services = "sts": has several'),
        (FakeVpc(private_dns=False), {}, "turn on its private DNS"),
        (FakeVpc(state="pending"), {}, "is pending; make it available"),
        (FakeVpc(admits="10.60.1.0/24"), {}, "lets nobody in from 10.60.2.0/24 at 443"),
        (FakeVpc(tags={"millrace:stack": "dev"}), {}, "is of the stack dev and would go with it"),
        (FakeVpc(free=20), {"endpoints": "create"}, ""),
        (FakeVpc(services=(), free=20), {"endpoints": "create"}, "and endpoints take 22"),
        (FakeVpc(free=9), {}, "have room for 18 addresses together, and 9 machines"),
        (FakeVpc(), {"zone_id": "Z0123456789"}, "there is no such hosted zone"),
        (
            FakeVpc(zones={"Z0123456789": ("other.internal", True)}),
            {"zone_id": "Z0123456789"},
            "is of other.internal; set network.zone_name",
        ),
        (
            FakeVpc(zones={"Z0123456789": ("lake.example.internal", False)}),
            {"zone_id": "Z0123456789"},
            "is not resolved in",
        ),
    ],
)
def test_a_vpc_that_does_not_do_is_refused(
    vpc: FakeVpc, changes: dict[str, Any], words: str
) -> None:
    if not words:
        join(vpc, **changes)
        return
    said = refused(vpc, **changes)
    assert any(words in each for each in said), said
    for each in said:
        assert each.startswith("millrace:network."), "the key comes first"
        assert "; " in each, "a remedy comes last"


def test_a_subnet_without_a_table_of_its_own_goes_by_the_main_one() -> None:
    public = [{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}]
    join(FakeVpc(own_table=False))
    said = refused(FakeVpc(own_table=False, routes=public))
    assert [each for each in said if "leads to igw-1" in each]


def test_a_way_out_by_the_owner_s_nat_is_the_owner_s_business() -> None:
    join(FakeVpc(routes=[{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"}]))


def test_missing_endpoints_are_made_where_the_owner_says_so() -> None:
    recorded = join(FakeVpc(services=("sts", "kms")), endpoints="create")
    made = {each.name.removeprefix(f"millrace-{STACK}-") for each in recorded.of("VpcEndpoint")}
    assert made == {each.partition("@")[0] for each in INTERFACE_SERVICES} - {"sts", "kms"}
    (group,) = [each for each in recorded.of("SecurityGroup") if each.name.endswith("-services")]
    admitted = {
        each.inputs["cidrIpv4"]
        for each in recorded.of("SecurityGroupIngressRule")
        if "-services-from-" in each.name
    }
    assert admitted == set(CIDRS), f"{group.name}: the names lead all of the VPC there"
    for each in recorded.of("VpcEndpoint"):
        policy = each.inputs.get("policy", "")
        assert '"Action": "*"' in policy or each.name.endswith("-route53"), "others call more"


def test_the_way_to_s3_is_made_in_the_route_tables_that_are_named() -> None:
    recorded = join(FakeVpc(gateway_tables=None), route_tables=[TABLE])
    gateway = recorded.one("VpcEndpoint")
    assert gateway.inputs["routeTableIds"] == [TABLE]
    assert recorded.of("Route") == []


def test_endpoints_of_the_stack_itself_stay_its_own() -> None:
    own = {"millrace:project": "millrace", "millrace:stack": STACK}
    before = join(FakeVpc(services=()), endpoints="create")
    again = join(FakeVpc(tags=own), endpoints="create", route_tables=[TABLE])
    names = {each.name for each in before.of("VpcEndpoint")}
    assert names <= {each.name for each in again.of("VpcEndpoint")}, "a second update drops none"


def test_machines_of_the_stack_do_not_keep_it_out_of_its_own_subnets() -> None:
    full = FakeVpc(free=0)
    assert refused(full)
    join(full, outputs={EXPORT: {"vpc_id": VPC}})


def test_a_given_zone_is_used_and_none_is_made() -> None:
    vpc = FakeVpc(zones={"Z0123456789": ("lake.example.internal", True)})
    recorded = join(vpc, zone_id="Z0123456789")
    assert recorded.of("Zone") == []
    assert {each.inputs["zoneId"] for each in recorded.of("Record")} == {"Z0123456789"}


def test_connections_of_the_given_subnets_are_recorded_when_asked() -> None:
    recorded = join(FakeVpc(), flow_logs={"enabled": True})
    logs = {each.name: each.inputs for each in recorded.of("FlowLog")}
    assert {each["subnetId"] for each in logs.values()} == set(SUBNETS.values())
    assert not any("vpcId" in each for each in logs.values()), "others' connections are theirs"
