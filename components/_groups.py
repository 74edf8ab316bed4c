"""Parts of Auto Scaling groups: hooks, replacement, and the pools that spot is taken from."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from lakehouse.config import WorkersConfig


def hook(
    name: str, transition: str, seconds: int, otherwise: str
) -> aws.autoscaling.GroupInitialLifecycleHookArgs:
    """A hook given at creation, so that the first machine already waits for it."""
    return aws.autoscaling.GroupInitialLifecycleHookArgs(
        name=name,
        lifecycle_transition=f"autoscaling:EC2_INSTANCE_{transition}",
        heartbeat_timeout=seconds,
        default_result=otherwise,
    )


def rolling_refresh(*, minimum_healthy_percentage: int) -> aws.autoscaling.GroupInstanceRefreshArgs:
    """Replace machines when their template changes, a few at a time."""
    return aws.autoscaling.GroupInstanceRefreshArgs(
        strategy="Rolling",
        preferences=aws.autoscaling.GroupInstanceRefreshPreferencesArgs(
            min_healthy_percentage=minimum_healthy_percentage
        ),
    )


def places(
    subnet_ids: pulumi.Input[Sequence[str]], fleet: WorkersConfig
) -> pulumi.Output[Sequence[str]]:
    """Where workers launch: everywhere, or first in one zone, which the autoscaler leaves when it
    is short (it is told all of them). Shuffles between zones cost money."""
    first = 1 if fleet.autoscale.enabled and fleet.autoscale.one_zone else None
    return pulumi.Output.from_input(subnet_ids).apply(lambda ids: list(ids)[:first])


def mixed_instances(
    template: aws.ec2.LaunchTemplate, fleet: WorkersConfig
) -> aws.autoscaling.GroupMixedInstancesPolicyArgs:
    """Spot from whichever pools are deep and cheap, over an on-demand base."""
    specification = (
        aws.autoscaling.GroupMixedInstancesPolicyLaunchTemplateLaunchTemplateSpecificationArgs(
            launch_template_id=template.id, version=template.latest_version.apply(str)
        )
    )
    return aws.autoscaling.GroupMixedInstancesPolicyArgs(
        launch_template=aws.autoscaling.GroupMixedInstancesPolicyLaunchTemplateArgs(
            launch_template_specification=specification,
            overrides=[
                aws.autoscaling.GroupMixedInstancesPolicyLaunchTemplateOverrideArgs(
                    instance_type=each
                )
                for each in fleet.instance_types
            ],
        ),
        instances_distribution=(
            aws.autoscaling.GroupMixedInstancesPolicyInstancesDistributionArgs(
                on_demand_base_capacity=fleet.on_demand_base,
                on_demand_percentage_above_base_capacity=0,
                spot_allocation_strategy="price-capacity-optimized",
            )
        ),
    )
