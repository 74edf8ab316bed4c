"""The mistakes that rules are for: each changes one thing of a resource as it should be."""

from __future__ import annotations

from typing import Any

from tests.unit.policy.resources import BUCKET, EGRESS, METADATA, TAGS, statement


def right(**changes: Any) -> dict[str, Any]:
    """A role's policy with one statement."""
    return {
        "policy": statement(
            **{"Sid": "Planted", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/b"} | changes
        )
    }


BAD: list[tuple[str, str, dict[str, Any], str]] = [
    # rule, kind, what is changed, words of the message
    ("encrypt-at-rest", "ebs.Volume", {"encrypted": False}, "set encrypted to true"),
    ("encrypt-at-rest", "rds.Instance", {"storageEncrypted": ...}, "set storageEncrypted"),
    ("encrypt-at-rest", "ec2.Instance", {"rootBlockDevice": {}}, "Encrypt the root volume of"),
    (
        "encrypt-at-rest",
        "ec2.Instance",
        {"ebsBlockDevices": [{"deviceName": "/dev/sdb"}]},
        "Encrypt volume /dev/sdb",
    ),
    (
        "encrypt-at-rest",
        "ec2.LaunchTemplate",
        {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "false"}}]},
        "Encrypt volume /dev/xvda",
    ),
    ("encrypt-at-rest", "ec2.LaunchTemplate", {"blockDeviceMappings": ...}, "image decides"),
    ("encrypt-at-rest", "s3tables.TableBucket", {"encryptionConfiguration": ...}, "a key of the"),
    (
        "encrypt-at-rest",
        "s3tables.TableBucket",
        {"encryptionConfiguration": {"sseAlgorithm": "AES256"}},
        "a key of the stack's own",
    ),
    (
        "encrypt-at-rest",
        "s3tables.Table",
        {"encryptionConfiguration": {"sseAlgorithm": "AES256"}},
        "under its bucket's key",
    ),
    ("guarded-endpoints", "ec2.VpcEndpoint", {"policy": ...}, "Say who may pass"),
    (
        "named-principals",
        "ec2.VpcEndpoint",
        {"policy": statement(Action="*", Principal="*", Resource="*")},
        "lets everybody in",
    ),
    ("no-internet-route", "ec2.NatGateway", {"tags": TAGS}, "Remove ec2.NatGateway"),
    (
        "no-internet-route",
        "ec2.InternetGateway",
        {"tags": {**TAGS, "millrace:egress": "none"}},
        "Remove ec2.InternetGateway",
    ),
    (
        "no-internet-route",
        "ec2.Route",
        {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"},
        "leads to the internet",
    ),
    (
        "no-open-network",
        "vpc.SecurityGroupEgressRule",
        {
            "cidrIpv4": "0.0.0.0/0",
            "ipProtocol": "tcp",
            "fromPort": 22,
            "toPort": 22,
            "tags": EGRESS,
        },
        "is the internet",
    ),
    (
        "no-open-network",
        "vpc.SecurityGroupIngressRule",
        {
            "cidrIpv4": "0.0.0.0/0",
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "tags": EGRESS,
        },
        "is the internet",
    ),
    ("rotate-keys", "kms.Key", {"enableKeyRotation": ...}, "set enableKeyRotation to true"),
    ("limit-log-retention", "cloudwatch.LogGroup", {"retentionInDays": ...}, "retentionInDays"),
    ("limit-log-retention", "cloudwatch.LogGroup", {"retentionInDays": 0}, "retentionInDays"),
    ("no-public-access", "ec2.Subnet", {"mapPublicIpOnLaunch": True}, "no public address"),
    ("no-public-access", "ec2.Instance", {"associatePublicIpAddress": True}, "no public address"),
    (
        "no-public-access",
        "ec2.LaunchTemplate",
        {"networkInterfaces": [{"associatePublicIpAddress": "true"}]},
        "no public address",
    ),
    ("no-public-access", "lb.LoadBalancer", {"internal": ...}, "set internal to true"),
    ("no-public-access", "s3.Bucket", {"acl": "public-read"}, "Take the public ACL off"),
    ("no-public-access", "s3.BucketAcl", {"acl": "public-read-write"}, "Take the public ACL off"),
    ("no-public-access", "s3.BucketPublicAccessBlock", {"blockPublicPolicy": False}, "blockPub"),
    ("no-public-access", "s3.BucketPublicAccessBlock", {"ignorePublicAcls": ...}, "ignorePubl"),
    ("no-public-access", "rds.Instance", {"publiclyAccessible": True}, "off the internet"),
    ("no-public-access", "ec2.AmiLaunchPermission", {"group": "all"}, "Name the accounts"),
    ("no-public-access", "lambda.FunctionUrl", {"authorizationType": "NONE"}, "signed requests"),
    ("no-public-access", "lambda.Permission", {"principal": "*"}, "Name the principal"),
    (
        "named-principals",
        "iam.Role",
        {"assumeRolePolicy": statement(Action="sts:AssumeRole", Principal={"AWS": "*"})},
        "lets everybody in",
    ),
    (
        "named-principals",
        "kms.KeyPolicy",
        {"policy": statement(Sid="Open", Action="kms:Decrypt", Principal="*", Resource="*")},
        "Name the principals in statement Open",
    ),
    (
        "named-principals",
        "s3tables.TableBucketPolicy",
        {
            "resourcePolicy": statement(
                Action="s3tables:GetTableData",
                NotPrincipal={"AWS": "arn:aws:iam::123456789012:root"},
                Resource=BUCKET,
            )
        },
        "lets everybody in",
    ),
    (
        "named-principals",
        "s3.BucketPolicy",
        {
            "policy": statement(
                Action="s3:GetObject",
                Principal="*",
                Resource="arn:aws:s3:::a/*",
                Condition={"Bool": {"aws:SecureTransport": "true"}},
            )
        },
        "lets everybody in",
    ),
    ("no-open-network", "vpc.SecurityGroupIngressRule", {"cidrIpv4": "0.0.0.0/0"}, "0.0.0.0/0 is"),
    ("no-open-network", "vpc.SecurityGroupIngressRule", {"cidrIpv4": "0.0.0.0/1"}, "the internet"),
    ("no-open-network", "vpc.SecurityGroupIngressRule", {"cidrIpv6": "::/0"}, "::/0 is the inter"),
    ("no-open-network", "vpc.SecurityGroupEgressRule", {"cidrIpv4": "0.0.0.0/0"}, "the internet"),
    ("no-open-network", "ec2.SecurityGroupRule", {"cidrBlocks": ["0.0.0.0/0"]}, "the internet"),
    ("no-open-network", "ec2.SecurityGroupRule", {"ipv6CidrBlocks": ["::/0"]}, "the internet"),
    (
        "no-open-network",
        "ec2.SecurityGroup",
        {"egress": [{"cidrBlocks": ["0.0.0.0/0"]}]},
        "the internet",
    ),
    (
        "no-open-network",
        "ec2.DefaultSecurityGroup",
        {"ingress": [{"cidrBlocks": ["0.0.0.0/0"]}]},
        "the internet",
    ),
    ("no-internet-route", "ec2.InternetGateway", {"tags": TAGS}, "Remove ec2.InternetGateway 'it'"),
    ("no-internet-route", "ec2.NatGateway", {"tags": TAGS}, "through endpoints"),
    ("no-internet-route", "ec2.EgressOnlyInternetGateway", {"tags": TAGS}, "through endpoints"),
    ("no-internet-route", "ec2.Eip", {"tags": TAGS}, "through endpoints"),
    ("no-internet-route", "ec2.Route", {"destinationCidrBlock": "0.0.0.0/0"}, "Remove the route"),
    (
        "no-internet-route",
        "ec2.Route",
        {"destinationCidrBlock": ..., "destinationIpv6CidrBlock": "::/0"},
        "Remove the route to ::/0",
    ),
    ("no-internet-route", "ec2.RouteTable", {"routes": [{"cidrBlock": "0.0.0.0/0"}]}, "route to 0"),
    (
        "metadata-by-token",
        "ec2.LaunchTemplate",
        {"metadataOptions": {**METADATA, "httpTokens": "optional"}},
        "set httpTokens to required (IMDSv2)",
    ),
    (
        "metadata-by-token",
        "ec2.LaunchTemplate",
        {"metadataOptions": {**METADATA, "httpPutResponseHopLimit": 2}},
        "set httpPutResponseHopLimit to 1",
    ),
    (
        "metadata-by-token",
        "ec2.Instance",
        {"metadataOptions": {"httpPutResponseHopLimit": 1}},
        "Ask for metadata tokens",
    ),
    (
        "numbered-templates",
        "autoscaling.Group",
        {"launchTemplate": {"id": "lt-1", "version": "$Latest"}},
        "with $Latest a new image",
    ),
    (
        "numbered-templates",
        "autoscaling.Group",
        {
            "launchTemplate": ...,
            "mixedInstancesPolicy": {
                "launchTemplate": {
                    "launchTemplateSpecification": {"launchTemplateId": "lt-1"},
                    "overrides": [{"instanceType": "m7g.large"}],
                }
            },
        },
        "with none a new image",
    ),
    (
        "numbered-templates",
        "autoscaling.Group",
        {"launchTemplate": ..., "launchConfiguration": "old"},
        "a launch template; launch configurations have no versions",
    ),
    ("named-rights", "iam.RolePolicy", right(Action="*"), "* is more than one"),
    ("named-rights", "iam.RolePolicy", right(Action="s3:Get*"), "s3:Get* is more than one"),
    ("named-rights", "iam.Policy", right(Action=["s3:*"]) | {"tags": TAGS}, "s3:* is more"),
    ("named-rights", "iam.RolePolicy", right(Resource="*"), "s3:GetObject can be limited"),
    ("named-rights", "iam.RolePolicy", right(Resource="arn:aws:s3:::*"), "is all of them"),
    (
        "named-rights",
        "iam.RolePolicy",
        right(
            Action="secretsmanager:GetSecretValue",
            Resource="arn:aws:secretsmanager:eu-central-1:123456789012:secret:*",
        ),
        "secret:* is all of them",
    ),
    (
        "named-rights",
        "iam.RolePolicy",
        right(Action=["ssmmessages:OpenDataChannel", "kms:Decrypt"], Resource="*"),
        "kms:Decrypt can be limited",
    ),
    (
        "named-rights",
        "iam.RolePolicy",
        {"policy": statement(Sid="Planted", NotAction="iam:*", Resource="arn:aws:s3:::a/b")},
        "NotAction allows what nobody thought of",
    ),
    (
        "named-rights",
        "iam.RolePolicy",
        {"policy": statement(Sid="Planted", Action="s3:GetObject", NotResource="arn:aws:s3:::a")},
        "NotResource allows",
    ),
    (
        "named-rights",
        "iam.RolePolicy",
        right(Action="iam:PassRole", Resource="arn:aws:iam::123456789012:role/machine"),
        "Limit iam:PassRole in statement Planted",
    ),
    (
        "named-rights",
        "iam.RolePolicy",
        right(Action="cloudwatch:PutMetricData", Resource="*"),
        "by a condition on cloudwatch:namespace",
    ),
    (
        "named-rights",
        "iam.Role",
        {"inlinePolicies": [{"name": "in", **right(Action="s3:*")}]},
        "s3:* is more than one",
    ),
    (
        "own-policies",
        "iam.RolePolicyAttachment",
        {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        "which gives far more",
    ),
    (
        "own-policies",
        "iam.Role",
        {"managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]},
        "Write a policy for iam.Role 'it'",
    ),
    ("mandatory-tags", "ec2.Subnet", {"tags": ...}, "millrace:project and millrace:stack"),
    ("mandatory-tags", "kms.Key", {"tags": {"millrace:project": "millrace"}}, "millrace:stack"),
    (
        "mandatory-tags",
        "autoscaling.Group",
        {"tags": [{"key": "millrace:stack", "value": "prod"}]},
        "with millrace:project",
    ),
]
