"""The other services: what a program reads back is what it wrote, without waiting."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.account import environment, graft


def test_a_network_load_balancer_is_active_at_once_under_its_own_arn(network: Any) -> None:
    created = network.cloud.elbv2.create_load_balancer(
        Name="lake",
        Type="network",
        Scheme="internal",
        Subnets=network.subnets,
        Tags=[{"Key": "project", "Value": "millrace"}],
    )["LoadBalancers"][0]
    arn = created["LoadBalancerArn"]
    assert ":loadbalancer/net/lake/" in arn
    assert created["State"]["Code"] == "active"
    [tags] = network.cloud.elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    assert tags["Tags"] == [{"Key": "project", "Value": "millrace"}]
    cross_zone = {"Key": "load_balancing.cross_zone.enabled", "Value": "true"}
    network.cloud.elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[cross_zone]
    )
    found = network.cloud.elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)
    assert cross_zone in found["Attributes"]


def test_a_listener_of_a_network_load_balancer_keeps_its_weights(network: Any) -> None:
    elbv2 = network.cloud.elbv2
    balancer = elbv2.create_load_balancer(
        Name="lake", Type="network", Scheme="internal", Subnets=network.subnets
    )["LoadBalancers"][0]["LoadBalancerArn"]
    groups = [
        elbv2.create_target_group(Name=name, Protocol="TCP", Port=15443, VpcId=network.vpc)[
            "TargetGroups"
        ][0]["TargetGroupArn"]
        for name in ("blue", "green")
    ]
    weights = [
        {"TargetGroupArn": arn, "Weight": weight}
        for arn, weight in zip(groups, (9, 1), strict=True)
    ]
    elbv2.create_listener(
        LoadBalancerArn=balancer,
        Protocol="TCP",
        Port=15002,
        DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
    )
    [listener] = elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    forward = listener["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
    assert [entry["Weight"] for entry in forward] == [9, 1]


@pytest.mark.parametrize(
    ("asked", "size"), [({}, 15), ({"VolumeSize": 40}, 40)], ids=["the image's", "asked for"]
)
def test_a_volume_is_as_in_the_image_where_the_request_is_silent(
    network: Any, asked: dict[str, int], size: int
) -> None:
    root = {"Encrypted": True, "VolumeType": "gp3", **asked}
    launched = network.cloud.ec2.run_instances(
        ImageId=network.image,
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": root}],
    )["Instances"][0]
    held = [{"Name": "attachment.instance-id", "Values": [launched["InstanceId"]]}]
    (volume,) = network.cloud.ec2.describe_volumes(Filters=held)["Volumes"]
    assert (volume["Size"], volume["Encrypted"], volume["VolumeType"]) == (size, True, "gp3")


def test_a_volume_that_no_image_knows_needs_a_size(network: Any) -> None:
    with pytest.raises(ClientError, match="size or snapshotId"):
        network.cloud.ec2.run_instances(
            ImageId=network.image,
            MinCount=1,
            MaxCount=1,
            BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"Encrypted": True}}],
        )


def test_a_zone_given_a_vpc_is_private_and_keeps_it(network: Any) -> None:
    zone = network.cloud.route53.create_hosted_zone(
        Name="lake.internal",
        CallerReference="1",
        HostedZoneConfig={"Comment": "as Terraform sends it"},
        VPC={"VPCId": network.vpc, "VPCRegion": "eu-central-1"},
    )["HostedZone"]["Id"]
    found = network.cloud.route53.get_hosted_zone(Id=zone)
    assert found["HostedZone"]["Config"]["PrivateZone"] is True
    assert found["VPCs"] == [{"VPCId": network.vpc, "VPCRegion": "eu-central-1"}]


@pytest.mark.parametrize(
    ("agent", "told"), [("", True), ("APN/1.0 HashiCorp/1.0 Terraform", False)]
)
def test_only_terraform_is_spared_the_change_to_wait_for(
    cloud: Any, agent: str, told: bool
) -> None:
    client = boto3.client(
        "route53",
        endpoint_url=cloud.url,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(user_agent_extra=agent),
    )
    created = client.create_hosted_zone(Name="lake.example", CallerReference="1")
    assert ("ChangeInfo" in created) is told
    assert created["HostedZone"]["Name"] == "lake.example."


def test_the_rotation_period_of_a_key_is_read_back(cloud: Any) -> None:
    key = cloud.kms.create_key()["KeyMetadata"]["KeyId"]
    cloud.kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    found = cloud.kms.get_key_rotation_status(KeyId=key)
    assert (found["KeyRotationEnabled"], found["RotationPeriodInDays"]) == (True, 180)


def test_trails_are_found_by_name(cloud: Any) -> None:
    cloud.s3.create_bucket(
        Bucket="audit", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    for name in ("first-trail", "second-trail"):
        cloud.cloudtrail.create_trail(Name=name, S3BucketName="audit")
    found = cloud.cloudtrail.describe_trails(trailNameList=["second-trail"])["trailList"]
    assert [trail["Name"] for trail in found] == ["second-trail"]


def test_redrive_policies_have_no_spaces(cloud: Any) -> None:
    dead = cloud.sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = cloud.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = json.dumps({"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 3})
    queue = cloud.sqs.create_queue(QueueName="live", Attributes={"RedrivePolicy": policy})
    found = cloud.sqs.get_queue_attributes(
        QueueUrl=queue["QueueUrl"], AttributeNames=["RedrivePolicy"]
    )
    assert " " not in found["Attributes"]["RedrivePolicy"]


def test_a_composite_alarm_is_kept(cloud: Any) -> None:
    cloud.cloudwatch.put_composite_alarm(AlarmName="any", AlarmRule='ALARM("one")')
    found = cloud.cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["any"]


def test_a_secret_is_read_back_under_its_current_stage(cloud: Any) -> None:
    arn = cloud.secretsmanager.create_secret(Name="auth")["ARN"]
    cloud.secretsmanager.put_secret_value(SecretId=arn, SecretString="one")
    cloud.secretsmanager.put_secret_value(SecretId=arn, SecretString="two")
    found = cloud.secretsmanager.get_secret_value(SecretId=arn)
    assert (found["SecretString"], found["VersionStages"]) == ("two", ["AWSCURRENT"])
    stages = cloud.secretsmanager.describe_secret(SecretId=arn)["VersionIdsToStages"].values()
    assert sorted(stages) == [["AWSCURRENT"], ["AWSPREVIOUS"]]


def test_managed_policies_are_there_unless_told_otherwise(monkeypatch: Any) -> None:
    monkeypatch.delenv("MOTO_IAM_LOAD_MANAGED_POLICIES", raising=False)
    environment.prepare()
    assert os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] == "true"
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "false")
    environment.prepare()
    assert os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] == "false"


class _Moto:
    def has(self) -> str:
        return "moto's"


def test_a_graft_over_what_moto_has_by_now_is_refused() -> None:
    grafts = graft.Grafts()
    grafts.adds(_Moto, "has")(lambda self: "ours")
    with pytest.raises(graft.ContractError, match="already has has"):
        grafts.apply()
    assert _Moto().has() == "moto's"


def test_a_graft_for_what_moto_lost_is_refused() -> None:
    grafts = graft.Grafts()
    grafts.replaces(_Moto, "lost")(lambda self: "ours")
    with pytest.raises(graft.ContractError, match="no longer has lost"):
        grafts.apply()
