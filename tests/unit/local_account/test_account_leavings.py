"""What is deleted is gone, with all that came with it: nothing is left for a stack to leave."""

from __future__ import annotations

from typing import Any


def test_a_trail_can_be_deleted_by_its_arn(cloud: Any) -> None:
    cloud.s3.create_bucket(
        Bucket="records", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    made = cloud.cloudtrail.create_trail(Name="tables", S3BucketName="records")
    cloud.cloudtrail.delete_trail(Name=made["TrailARN"])
    assert cloud.cloudtrail.describe_trails()["trailList"] == []


def test_a_vpc_takes_its_own_network_acl_along(cloud: Any) -> None:
    ec2 = cloud.ec2
    before = ec2.describe_network_acls()["NetworkAcls"]
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    assert len(ec2.describe_network_acls()["NetworkAcls"]) == len(before) + 1
    ec2.delete_vpc(VpcId=vpc)
    assert ec2.describe_network_acls()["NetworkAcls"] == before


def test_a_terminated_instance_takes_its_interfaces_along(network: Any) -> None:
    ec2 = network.cloud.ec2
    before = ec2.describe_network_interfaces()["NetworkInterfaces"]
    image = ec2.register_image(Name="base", RootDeviceName="/dev/xvda")["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=network.subnets[0])[
        "Instances"
    ][0]["InstanceId"]
    assert len(ec2.describe_network_interfaces()["NetworkInterfaces"]) == len(before) + 1
    ec2.terminate_instances(InstanceIds=[made])
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == before
