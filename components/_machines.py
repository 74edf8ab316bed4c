"""How a machine is launched: the same hardening for leader and workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from components._image import Image


@dataclass(frozen=True, kw_only=True)
class MachineArgs:
    """What launch templates of both roles are made from."""

    image: Image
    volume_gib: int
    ssh_key_name: str
    profile_arn: pulumi.Input[str]
    user_data: pulumi.Input[str]
    """Boot document in base64."""
    tags: Mapping[str, str]


def launch_template(
    parent: LakehouseComponent,
    suffix: str,
    args: MachineArgs,
    *,
    security_group_id: pulumi.Input[str],
    instance_type: str | None = None,
    tracking_seconds: int | None = None,
) -> aws.ec2.LaunchTemplate:
    """A template with IMDSv2 only, one hop, an encrypted root volume and no public address.

    With `tracking_seconds` its interface remembers silent connections that long.
    """
    groups = [security_group_id]
    return aws.ec2.LaunchTemplate(
        parent.child(suffix),
        image_id=args.image.id,
        instance_type=instance_type,
        key_name=args.ssh_key_name or None,
        update_default_version=True,
        user_data=args.user_data,
        # AWS takes the groups in one place only.
        vpc_security_group_ids=None if tracking_seconds else groups,
        network_interfaces=[_interface(groups, tracking_seconds)] if tracking_seconds else None,
        iam_instance_profile=aws.ec2.LaunchTemplateIamInstanceProfileArgs(arn=args.profile_arn),
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
        ),
        block_device_mappings=[
            aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                device_name=args.image.root_device,
                ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                    volume_size=args.volume_gib,
                    volume_type="gp3",
                    encrypted="true",
                    delete_on_termination="true",
                ),
            )
        ],
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=dict(args.tags))
            for kind in ("instance", "volume")
        ],
        tags=dict(args.tags),
        opts=parent.child_opts(),
    )


def _interface(
    groups: list[pulumi.Input[str]], tracking_seconds: int
) -> aws.ec2.LaunchTemplateNetworkInterfaceArgs:
    tracking = aws.ec2.LaunchTemplateNetworkInterfaceConnectionTrackingSpecificationArgs(
        tcp_established_timeout=tracking_seconds
    )
    return aws.ec2.LaunchTemplateNetworkInterfaceArgs(
        device_index=0,
        security_groups=groups,
        associate_public_ip_address="false",
        delete_on_termination="true",
        connection_tracking_specification=tracking,
    )


def propagated(tags: Mapping[str, str]) -> list[aws.autoscaling.GroupTagArgs]:
    """Tags of a group; the template tags machines, so that volumes get them too."""
    return [
        aws.autoscaling.GroupTagArgs(key=key, value=value, propagate_at_launch=False)
        for key, value in sorted(tags.items())
    ]
