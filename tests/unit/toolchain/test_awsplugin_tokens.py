"""Which Terraform type a token stands for."""

from __future__ import annotations

import pytest

from toolchain.awsplugin.tokens import nearest, resolve

TYPES = {
    "aws_alb": ["name", "subnets", "internal"],
    "aws_autoscaling_group": ["name", "min_size", "max_size", "vpc_zone_identifier"],
    "aws_caller_identity": ["account_id", "user_id"],
    "aws_cloudwatch_event_rule": ["name", "event_pattern", "schedule_expression"],
    "aws_glue_catalog_database": ["name", "catalog_id", "description"],
    "aws_glue_catalog_table": ["name", "catalog_id", "database_name"],
    "aws_instance": ["ami", "instance_type", "subnet_id"],
    "aws_kinesis_resource_policy": ["policy", "resource_arn"],
    "aws_launch_template": ["name", "image_id", "user_data"],
    "aws_lb": ["name", "subnets", "internal"],
    "aws_s3_bucket_acl": ["bucket", "acl"],
    "aws_vpc": ["cidr_block", "enable_dns_hostnames"],
    "aws_vpc_endpoint": ["vpc_id", "service_name", "subnet_ids"],
}
KNOWN = ["aws:kinesis/resourcePolicy:ResourcePolicy"]


def found(token: str, *properties: str) -> str | None:
    return resolve(token, properties, TYPES, lambda name: TYPES[name], KNOWN)


@pytest.mark.parametrize(
    ("token", "properties", "expected"),
    [
        ("aws:ec2/vpc:Vpc", ["cidrBlock", "enableDnsHostnames"], "aws_vpc"),
        ("aws:ec2/instance:Instance", ["ami", "instanceType", "subnetId"], "aws_instance"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", ["vpcId", "serviceName", "subnetIds"], (
            "aws_vpc_endpoint"
        )),
        ("aws:ec2/launchTemplate:LaunchTemplate", ["name", "imageId"], "aws_launch_template"),
        ("aws:autoscaling/group:Group", ["minSize", "vpcZoneIdentifiers"], "aws_autoscaling_group"),
        ("aws:lb/loadBalancer:LoadBalancer", ["name", "subnets"], "aws_lb"),
        ("aws:alb/loadBalancer:LoadBalancer", ["name", "subnets"], "aws_alb"),
        ("aws:cloudwatch/eventRule:EventRule", ["eventPattern"], "aws_cloudwatch_event_rule"),
        ("aws:index/getCallerIdentity:getCallerIdentity", ["accountId"], "aws_caller_identity"),
        ("aws:s3/bucketAclV2:BucketAclV2", ["bucket", "acl"], "aws_s3_bucket_acl"),
    ],
)  # fmt: skip
def test_a_token_finds_its_type(token: str, properties: list[str], expected: str) -> None:
    assert found(token, *properties) == expected


@pytest.mark.parametrize(
    ("token", "properties"),
    [
        ("aws:glue/catalog:Catalog", ["name", "catalogProperties", "federatedCatalog"]),
        ("aws:osis/resourcePolicy:ResourcePolicy", ["policy", "resourceArn"]),
    ],
)
def test_a_newer_type_finds_no_relative(token: str, properties: list[str]) -> None:
    assert found(token, *properties) is None


def test_the_nearest_types_are_named_for_the_reader() -> None:
    assert "aws_glue_catalog_table" in nearest("aws:glue/catalog:Catalog", TYPES)
