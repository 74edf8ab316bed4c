"""Which image a reference means, read from the account at preview."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from lakehouse.images import CHANNEL_PREFIX, TAG_VERSION_SET
from lakehouse.types import CHANNEL


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that exists."""

    id: pulumi.Output[str]
    version_set: pulumi.Output[str]
    """Value of its tag; empty on an image that is not of our making."""
    root_device: pulumi.Output[str]


def find(parent: LakehouseComponent, reference: str, architecture: str) -> Image:
    """The image behind `channel:<name>` or an image id, of the wanted architecture only."""
    image_id: pulumi.Input[str] = reference
    if reference.startswith(CHANNEL):
        parameter = f"{CHANNEL_PREFIX}{reference.removeprefix(CHANNEL)}"
        found = aws.ssm.get_parameter_output(name=parameter, opts=parent.invoke_opts())
        # A parameter's answer may hold a secret; the id of an image is none.
        image_id = pulumi.Output.unsecret(found.insecure_value)
    image = aws.ec2.get_ami_output(
        filters=pulumi.Output.from_input(image_id).apply(
            lambda known: [
                aws.ec2.GetAmiFilterArgs(name="image-id", values=[known]),
                aws.ec2.GetAmiFilterArgs(name="architecture", values=[architecture]),
            ]
        ),
        opts=parent.invoke_opts(),
    )
    return Image(
        id=image.id,
        version_set=image.tags.apply(lambda tags: (tags or {}).get(TAG_VERSION_SET, "")),
        root_device=image.root_device_name,
    )
