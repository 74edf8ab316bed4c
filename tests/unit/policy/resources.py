"""Resources as every rule wants them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from policy.resource import Resource

TAGS = {"millrace:project": "millrace", "millrace:stack": "prod"}
EGRESS = {**TAGS, "millrace:egress": "nat"}
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"
BUCKET = "arn:aws:s3tables:eu-central-1:123456789012:bucket/lake"


def statement(**changes: Any) -> str:
    """A document with one statement, in the text that the provider gets."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **changes}]})


def by_kind(kind: str, **properties: Any) -> Resource:
    """A resource named `it`: `ec2.Subnet` is of type `aws:ec2/subnet:Subnet`."""
    module, name = kind.split(".")
    return Resource(
        type=f"aws:{module}/{name[0].lower()}{name[1:]}:{name}", name="it", properties=properties
    )


_DISK = {"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}}
METADATA = {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1}
_BLOCKED = dict.fromkeys(
    ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
)

GOOD: dict[str, dict[str, Any]] = {
    "autoscaling.Group": {
        "launchTemplate": {"id": "lt-1", "version": "3"},
        "tags": [{"key": key, "value": value} for key, value in TAGS.items()],
    },
    "cloudwatch.LogGroup": {"retentionInDays": 30, "tags": TAGS},
    "ebs.Volume": {"encrypted": True, "tags": TAGS},
    "ec2.DefaultSecurityGroup": {"tags": TAGS},
    "ec2.Instance": {
        "metadataOptions": METADATA,
        "rootBlockDevice": {"encrypted": True},
        "ebsBlockDevices": [{"deviceName": "/dev/sdb", "encrypted": True}],
        "tags": TAGS,
    },
    "ec2.LaunchTemplate": {
        "blockDeviceMappings": [_DISK],
        "metadataOptions": METADATA,
        "tags": TAGS,
    },
    "ec2.Eip": {"tags": EGRESS},
    "ec2.InternetGateway": {"tags": EGRESS},
    "ec2.NatGateway": {"tags": EGRESS},
    "ec2.VpcEndpoint": {
        "serviceName": "com.amazonaws.eu-central-1.kms",
        "policy": statement(
            Action="kms:Decrypt",
            Principal="*",
            Resource="*",
            Condition={"StringEquals": {"aws:PrincipalAccount": "123456789012"}},
        ),
        "tags": TAGS,
    },
    "ec2.Route": {"destinationCidrBlock": "10.0.0.0/8", "vpcPeeringConnectionId": "pcx-1"},
    "ec2.RouteTable": {"routes": [{"cidrBlock": "10.0.0.0/8"}], "tags": TAGS},
    "ec2.SecurityGroup": {"ingress": [{"cidrBlocks": ["10.0.0.0/8"]}], "tags": TAGS},
    "ec2.SecurityGroupRule": {"type": "ingress", "cidrBlocks": ["10.0.0.0/8"]},
    "ec2.Subnet": {"mapPublicIpOnLaunch": False, "tags": TAGS},
    "iam.Role": {
        "assumeRolePolicy": statement(
            Action="sts:AssumeRole", Principal={"Service": "ec2.amazonaws.com"}
        ),
        "managedPolicyArns": ["arn:aws:iam::123456789012:policy/own"],
        "tags": TAGS,
    },
    "iam.RolePolicy": {
        "policy": statement(Sid="Read", Action="s3tables:GetTable", Resource=f"{BUCKET}/table/*")
    },
    "iam.RolePolicyAttachment": {"policyArn": "arn:aws:iam::123456789012:policy/own"},
    "kms.Key": {"enableKeyRotation": True, "tags": TAGS},
    "kms.KeyPolicy": {
        "policy": statement(
            Action="kms:*", Principal={"AWS": "arn:aws:iam::123456789012:root"}, Resource="*"
        )
    },
    "lb.LoadBalancer": {"internal": True, "tags": TAGS},
    "rds.Instance": {"storageEncrypted": True, "publiclyAccessible": False, "tags": TAGS},
    "s3.Bucket": {"forceDestroy": False, "tags": TAGS},
    "s3.BucketPublicAccessBlock": _BLOCKED,
    "s3tables.Table": {"name": "orders"},
    "s3tables.TableBucket": {
        "encryptionConfiguration": {"sseAlgorithm": "aws:kms", "kmsKeyArn": KEY}
    },
    "secretsmanager.Secret": {"recoveryWindowInDays": 30, "tags": TAGS},
    "sns.TopicPolicy": {
        "policy": statement(
            Action="sns:Publish",
            Principal="*",
            Resource="arn:aws:sns:eu-central-1:123456789012:alarms",
            Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}},
        )
    },
    "vpc.SecurityGroupEgressRule": {"referencedSecurityGroupId": "sg-1", "tags": TAGS},
    "vpc.SecurityGroupIngressRule": {"cidrIpv4": "10.0.0.0/8", "tags": TAGS},
}
"""Properties that every rule is content with, by kind."""


def good(kind: str, changes: Mapping[str, Any] | None = None) -> Resource:
    """A resource of that kind; a change to `...` takes a property away."""
    changed = {**GOOD.get(kind, {}), **(changes or {})}
    kept = {key: value for key, value in changed.items() if value is not ...}
    return by_kind(kind, **kept)
