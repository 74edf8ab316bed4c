"""Rules of security groups read back as they were written, whatever they name."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def groups(cloud: Any) -> tuple[Any, list[str]]:
    """A client of EC2 and two groups of one VPC."""
    ec2 = cloud.ec2
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    made = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("gate", "door")
    ]
    return ec2, made


def targets(groups: tuple[Any, list[str]]) -> dict[str, dict[str, Any]]:
    ec2, (_, door) = groups
    [prefix] = ec2.describe_managed_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": ["com.amazonaws.eu-central-1.s3"]}]
    )["PrefixLists"]
    return {
        "range": {"IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "the office"}]},
        "group": {"UserIdGroupPairs": [{"GroupId": door, "Description": "the office"}]},
        "list": {
            "PrefixListIds": [{"PrefixListId": prefix["PrefixListId"], "Description": "the office"}]
        },
    }


@pytest.mark.parametrize("direction", ["ingress", "egress"])
@pytest.mark.parametrize("kind", ["range", "group", "list"])
def test_a_rule_keeps_its_description(
    groups: tuple[Any, list[str]], kind: str, direction: str
) -> None:
    ec2, (gate, _) = groups
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, **targets(groups)[kind]}
    authorize = getattr(ec2, f"authorize_security_group_{direction}")
    [made] = authorize(GroupId=gate, IpPermissions=[permission])["SecurityGroupRules"]
    [read] = ec2.describe_security_group_rules(SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])[
        "SecurityGroupRules"
    ]
    assert read["Description"] == "the office"
    getattr(ec2, f"revoke_security_group_{direction}")(GroupId=gate, IpPermissions=[permission])
    filters = [{"Name": "group-id", "Values": [gate]}]
    left = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    assert made["SecurityGroupRuleId"] not in [each["SecurityGroupRuleId"] for each in left]


def test_a_rule_names_another_group_after_it_was_changed(groups: tuple[Any, list[str]]) -> None:
    ec2, (gate, door) = groups
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, **targets(groups)["group"]}
    [made] = ec2.authorize_security_group_ingress(GroupId=gate, IpPermissions=[permission])[
        "SecurityGroupRules"
    ]
    change = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "ReferencedGroupId": gate}
    ec2.modify_security_group_rules(
        GroupId=gate,
        SecurityGroupRules=[
            {"SecurityGroupRuleId": made["SecurityGroupRuleId"], "SecurityGroupRule": change}
        ],
    )
    [read] = ec2.describe_security_group_rules(SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])[
        "SecurityGroupRules"
    ]
    assert (read["FromPort"], read["ReferencedGroupInfo"]["GroupId"]) == (443, gate)
    assert door != gate
