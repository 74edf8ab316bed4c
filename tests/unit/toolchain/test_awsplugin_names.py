"""Pulumi's spelling of Terraform's names."""

from __future__ import annotations

import pytest

from toolchain.awsplugin.names import camel, candidates, pair, plurals, snake


@pytest.mark.parametrize(
    ("tf", "pulumi"),
    [("name", "name"), ("cidr_block", "cidrBlock"), ("ipv6_cidr_block", "ipv6CidrBlock")],
)
def test_names_are_camel_case(tf: str, pulumi: str) -> None:
    assert camel(tf) == pulumi


def test_a_function_name_becomes_the_name_of_its_file() -> None:
    assert snake("getCallerIdentity") == "get_caller_identity"


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("subnet", "subnets"),
        ("policy", "policies"),
        ("access", "accesses"),
        ("mfa_delete_analysis", "mfa_delete_analyses"),
        ("index", "indices"),
        ("cache", "caches"),
        ("criterion", "criteria"),
        ("shelf", "shelves"),
    ],
)
def test_lists_are_in_the_plural(one: str, many: str) -> None:
    assert many in plurals(one)


def test_the_exact_name_comes_first() -> None:
    assert candidates("security_group_id")[0] == "securityGroupId"


@pytest.mark.parametrize(
    ("tf_type", "attributes", "properties", "expected"),
    [
        ("", ["ingress"], ["ingress"], {"ingress": "ingress"}),
        ("", ["vpc_zone_identifier"], ["vpcZoneIdentifiers"], {
            "vpc_zone_identifier": "vpcZoneIdentifiers"
        }),
        ("", ["rest_api_id"], ["restApi"], {"rest_api_id": "restApi"}),
        ("", ["role_arns"], ["roleArn"], {"role_arns": "roleArn"}),
        ("aws_lambda_function", ["filename", "function_name"], ["code", "name"], {
            "filename": "code", "function_name": "name"
        }),
        ("", ["newer"], [], {}),
    ],
)  # fmt: skip
def test_attributes_find_their_properties(
    tf_type: str, attributes: list[str], properties: list[str], expected: dict[str, str]
) -> None:
    assert pair(tf_type, attributes, properties) == expected


def test_an_exact_name_is_never_taken_by_a_likely_one() -> None:
    found = pair("", ["subnet", "subnets"], ["subnet", "subnets"])
    assert found == {"subnet": "subnet", "subnets": "subnets"}
