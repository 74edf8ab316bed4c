"""Groups keep their size, replace what is not well, and show instances as EC2 does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Hooks = Callable[..., list[dict[str, Any]]]


def _tags(instance: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in instance["Tags"]}


def _target_group(network: Any, delay: int = 300) -> str:
    elbv2 = network.cloud.elbv2
    arn: str = elbv2.create_target_group(
        Name="gateway", Protocol="TCP", Port=15443, VpcId=network.vpc, TargetType="instance"
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group_attributes(
        TargetGroupArn=arn,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}],
    )
    return arn


def _health(network: Any, arn: str) -> dict[str, str]:
    found = network.cloud.elbv2.describe_target_health(TargetGroupArn=arn)
    rows = found["TargetHealthDescriptions"]
    return {row["Target"]["Id"]: row["TargetHealth"]["State"] for row in rows}


def test_an_instance_shows_what_its_template_says(network: Any) -> None:
    network.group(
        Tags=[{"Key": "generation", "Value": "blue", "PropagateAtLaunch": True}],
    )
    [instance] = network.instances()
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert instance["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    assert instance["KeyName"] == "ops"
    assert instance["IamInstanceProfile"]["Arn"].endswith("instance-profile/worker")
    assert instance["Architecture"] == "x86_64"
    tags = _tags(instance)
    assert tags["role"] == "worker"
    assert tags["generation"] == "blue"
    assert tags["aws:autoscaling:groupName"] == "workers"
    assert tags["aws:ec2launchtemplate:version"] == "1"
    assert tags["aws:ec2launchtemplate:id"] == network.template


def test_the_latest_template_version_is_used_and_shown(network: Any) -> None:
    network.cloud.ec2.create_launch_template_version(
        LaunchTemplateId=network.template,
        LaunchTemplateData={
            "ImageId": network.image,
            "InstanceType": "t3.small",
            "UserData": "bmV3",
        },
    )
    network.group()
    [instance] = network.instances()
    assert _tags(instance)["aws:ec2launchtemplate:version"] == "2"
    data = network.cloud.ec2.describe_instance_attribute(
        InstanceId=instance["InstanceId"], Attribute="userData"
    )
    assert data["UserData"]["Value"] == "bmV3"
    [row] = network.cloud.autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]
    assert row["LaunchTemplate"]["Version"] == "2"


def test_instances_spread_over_the_subnets(network: Any) -> None:
    network.group(DesiredCapacity=2)
    assert {each["SubnetId"] for each in network.instances()} == set(network.subnets)


def test_an_unhealthy_instance_is_replaced_through_the_hook(network: Any, hooks: Hooks) -> None:
    network.group(LifecycleHookSpecificationList=hooks("TERMINATING"))
    [instance] = network.members()
    network.cloud.autoscaling.set_instance_health(InstanceId=instance, HealthStatus="Unhealthy")
    states = network.members()
    assert states.pop(instance) == "Terminating:Wait"
    assert list(states.values()) == ["InService"]


def test_an_instance_terminated_in_ec2_is_replaced_at_once(network: Any) -> None:
    network.group()
    [instance] = network.members()
    network.cloud.ec2.terminate_instances(InstanceIds=[instance])
    states = network.members()
    assert instance not in states
    assert list(states.values()) == ["InService"]


def test_a_suspended_replacement_waits(network: Any) -> None:
    network.group()
    [instance] = network.members()
    network.cloud.autoscaling.suspend_processes(
        AutoScalingGroupName="workers", ScalingProcesses=["ReplaceUnhealthy"]
    )
    network.cloud.autoscaling.set_instance_health(InstanceId=instance, HealthStatus="Unhealthy")
    assert list(network.members()) == [instance]


def test_instances_are_targets_from_service_to_drain(network: Any, hooks: Hooks) -> None:
    arn = _target_group(network, delay=30)
    network.group(
        TargetGroupARNs=[arn], LifecycleHookSpecificationList=hooks("LAUNCHING", "TERMINATING")
    )
    [instance] = network.members()
    assert _health(network, arn) == {}, "an instance that is not ready gets no traffic"
    network.cloud.autoscaling.complete_lifecycle_action(
        AutoScalingGroupName="workers",
        LifecycleHookName="on-launching",
        InstanceId=instance,
        LifecycleActionResult="CONTINUE",
    )
    assert _health(network, arn) == {instance: "initial"}
    network.cloud.local("PUT", "target-health", {arn: {instance: "healthy"}})
    assert _health(network, arn) == {instance: "healthy"}
    network.cloud.autoscaling.set_desired_capacity(
        AutoScalingGroupName="workers", DesiredCapacity=0
    )
    assert _health(network, arn) == {instance: "draining"}
    network.cloud.after(31)
    assert _health(network, arn) == {}


def test_a_terminated_instance_is_no_target(network: Any) -> None:
    arn = _target_group(network)
    network.group(TargetGroupARNs=[arn])
    [instance] = network.members()
    network.cloud.ec2.terminate_instances(InstanceIds=[instance])
    assert instance not in _health(network, arn)


def test_a_group_that_trusts_its_balancer_replaces_after_the_grace_period(network: Any) -> None:
    arn = _target_group(network)
    network.group(TargetGroupARNs=[arn], HealthCheckType="ELB", HealthCheckGracePeriod=60)
    [instance] = network.members()
    network.cloud.local("PUT", "target-health", {arn: {instance: "unhealthy"}})
    assert list(network.members()) == [instance]
    network.cloud.after(61)
    assert instance not in network.members()


def test_a_group_with_instances_is_deleted_only_by_force(network: Any, hooks: Hooks) -> None:
    network.group(LifecycleHookSpecificationList=hooks("TERMINATING"))
    [instance] = network.members()
    with pytest.raises(ClientError, match="ResourceInUse"):
        network.cloud.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="workers")
    network.cloud.autoscaling.delete_auto_scaling_group(
        AutoScalingGroupName="workers", ForceDelete=True
    )
    assert network.state(instance) == "terminated", "force asks no hook"


def test_an_update_keeps_what_it_does_not_name(network: Any) -> None:
    network.group(MixedInstancesPolicy=network.spot_policy("t3.small"), DefaultInstanceWarmup=60)
    network.cloud.autoscaling.update_auto_scaling_group(AutoScalingGroupName="workers", MaxSize=7)
    [group] = network.cloud.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert group["MaxSize"] == 7
    assert group["DefaultInstanceWarmup"] == 60
    overrides = group["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]
    assert overrides == [{"InstanceType": "t3.small"}]


def test_desired_capacity_beyond_the_bounds_is_refused(network: Any) -> None:
    network.group(MaxSize=3)
    with pytest.raises(ClientError, match="above max"):
        network.cloud.autoscaling.set_desired_capacity(
            AutoScalingGroupName="workers", DesiredCapacity=4
        )


def test_activities_tell_what_happened(network: Any) -> None:
    network.group()
    [instance] = network.members()
    network.cloud.autoscaling.set_instance_health(InstanceId=instance, HealthStatus="Unhealthy")
    found = network.cloud.autoscaling.describe_scaling_activities(AutoScalingGroupName="workers")
    said = [(each["Description"].split()[0], each["StatusCode"]) for each in found["Activities"]]
    expected = ["Launching", "Terminating", "Launching"]
    assert said == [(verb, "Successful") for verb in expected]


def test_an_instance_refresh_replaces_one_at_a_time(network: Any, hooks: Hooks) -> None:
    network.group(DesiredCapacity=2, LifecycleHookSpecificationList=hooks("LAUNCHING"))
    for instance in network.members():
        _continue(network, instance)
    before = set(network.members())
    network.cloud.autoscaling.start_instance_refresh(AutoScalingGroupName="workers")
    assert len(before & set(network.members())) == 1, "the second waits for the first"
    for _ in range(2):
        for instance, state in network.members().items():
            if state == "Pending:Wait":
                _continue(network, instance)
    assert not before & set(network.members())
    [refresh] = network.cloud.autoscaling.describe_instance_refreshes(
        AutoScalingGroupName="workers"
    )["InstanceRefreshes"]
    assert (refresh["Status"], refresh["PercentageComplete"]) == ("Successful", 100)


def _continue(network: Any, instance: str) -> None:
    network.cloud.autoscaling.complete_lifecycle_action(
        AutoScalingGroupName="workers",
        LifecycleHookName="on-launching",
        InstanceId=instance,
        LifecycleActionResult="CONTINUE",
    )


def test_a_registered_image_keeps_tags_and_architecture(network: Any) -> None:
    [image] = network.cloud.ec2.describe_images(
        Filters=[{"Name": "tag:millrace:content-hash", "Values": ["abc"]}]
    )["Images"]
    assert image["ImageId"] == network.image
    assert image["Architecture"] == "x86_64"
    assert image["RootDeviceName"] == "/dev/xvda"


@pytest.mark.parametrize(
    ("name", "cpus", "memory"),
    [
        ("t3.small", 2, 2048),
        ("t3.medium", 2, 4096),
        ("m7g.large", 2, 8192),
        ("r7g.xlarge", 4, 32768),
    ],
)
def test_instance_types_are_described_with_their_size(
    cloud: Any, name: str, cpus: int, memory: int
) -> None:
    [found] = cloud.ec2.describe_instance_types(InstanceTypes=[name])["InstanceTypes"]
    assert found["VCpuInfo"]["DefaultVCpus"] == cpus
    assert found["MemoryInfo"]["SizeInMiB"] == memory


def test_a_terminated_instance_is_described_for_an_hour(network: Any) -> None:
    network.group()
    [instance] = network.members()
    network.cloud.autoscaling.set_desired_capacity(
        AutoScalingGroupName="workers", DesiredCapacity=0
    )
    network.cloud.after(3500)
    assert network.state(instance) == "terminated"
    network.cloud.after(200)
    assert network.instances() == []


def test_a_launch_that_ec2_refuses_is_an_activity_and_is_tried_again(network: Any) -> None:
    network.group(DesiredCapacity=0)
    [group] = network.cloud.ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [network.vpc]}]
    )["SecurityGroups"]
    network.cloud.ec2.create_launch_template_version(
        LaunchTemplateId=network.template,
        LaunchTemplateData={"ImageId": network.image, "SecurityGroupIds": ["sg-0"]},
    )
    network.cloud.autoscaling.set_desired_capacity(
        AutoScalingGroupName="workers", DesiredCapacity=1
    )
    assert network.members() == {}
    found = network.cloud.autoscaling.describe_scaling_activities(AutoScalingGroupName="workers")
    assert "sg-0" in found["Activities"][0]["StatusMessage"]
    network.cloud.ec2.create_launch_template_version(
        LaunchTemplateId=network.template,
        LaunchTemplateData={"ImageId": network.image, "SecurityGroupIds": [group["GroupId"]]},
    )
    network.cloud.after(6)
    assert list(network.members().values()) == ["InService"]
