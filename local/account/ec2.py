"""EC2: instances that show what their launch template says, images as registered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.instances import Instance
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.responses.vpcs import VPCs
from moto.ec2.utils import parse_user_data

from local.account import clock, elbv2
from local.account.environment import ACCOUNT_ID
from local.account.graft import Grafts, attached

grafts = Grafts()


@grafts.replaces(EC2Backend)
def run_instances(
    self: Any,
    image_id: str,
    count: int,
    user_data: Any,
    security_group_names: list[str],
    **kwargs: Any,
) -> Any:
    """RunInstances, with everything that the launch template says and the caller does not."""
    lifecycle = kwargs.pop("lifecycle", None)
    template = kwargs.get("launch_template") or {}
    data = self._get_template_from_args(template).data if template else {}
    kwargs["metadata_options"] = {
        **(data.get("MetadataOptions") or {}),
        **(kwargs.get("metadata_options") or {}),
    }
    if _market(data) == "spot" or kwargs.get("instance_market_options"):
        lifecycle = "spot"
    if (data.get("Monitoring") or {}).get("Enabled"):
        kwargs["monitoring_state"] = "enabled"
    interfaces = data.get("NetworkInterfaces") or []
    if interfaces and not kwargs.get("security_group_ids"):
        kwargs["security_group_ids"] = list(interfaces[0].get("Groups") or [])
    reservation = grafts.original(EC2Backend, "run_instances")(
        self, image_id, count, user_data, security_group_names, **kwargs
    )
    for instance in reservation.instances:
        instance.lifecycle = lifecycle
        instance.instance_lifecycle = lifecycle
        profile = data.get("IamInstanceProfile") or {}
        given = kwargs.get("iam_instance_profile_name") or kwargs.get("iam_instance_profile_arn")
        if profile and not given:
            self.associate_iam_instance_profile(
                instance_id=instance.id,
                iam_instance_profile_name=profile.get("Name"),
                iam_instance_profile_arn=profile.get("Arn"),
            )
    return reservation


@grafts.replaces(InstanceResponse)
def _parse_block_device_mapping(self: Any) -> Any:
    """Devices of a request: what it leaves out of a volume is as in the image's own mapping."""
    image = self.ec2_backend.amis.get(self._get_param("ImageId"))
    own = {each["DeviceName"]: each["Ebs"] for each in image.block_device_mappings} if image else {}
    for device in self._get_param("BlockDeviceMappings", []):
        volume = device.get("Ebs")
        if volume is not None and not {"VolumeSize", "SnapshotId"} & volume.keys():
            given = own.get(device.get("DeviceName"), {})
            volume.update({key: given[key] for key in ("VolumeSize", "SnapshotId") if key in given})
    return grafts.original(InstanceResponse, "_parse_block_device_mapping")(self)


def _market(data: dict[str, Any]) -> str:
    options = data.get("InstanceMarketOptions") or {}
    return str(options.get("MarketType") or "on-demand")


@grafts.replaces(Instance)
def terminate(self: Any) -> Any:
    """However an instance ends, no target group keeps it, and its interfaces go with it."""
    previous = grafts.original(Instance, "terminate")(self)
    for interface in self.nics.values():
        self.ec2_backend.enis.pop(interface.id, None)
    end = attached(self, End)
    end.at = end.at or clock.now()
    elbv2.forget(self.id)
    return previous


VISIBLE: Final = 3600.0
"""Seconds that a terminated instance is still described, as in EC2 (about an hour)."""


@dataclass
class End:
    """When an instance was terminated."""

    at: float | None = None


def forget_terminated() -> None:
    """Drop the instances that EC2 would no longer describe, and their tags."""
    for backend in list(ec2_backends[ACCOUNT_ID].values()):
        for name, reservation in list(backend.reservations.items()):
            kept = [each for each in reservation.instances if not _is_old(each)]
            if len(kept) == len(reservation.instances):
                continue
            for instance in reservation.instances:
                if instance not in kept:
                    backend.tags.pop(instance.id, None)
            reservation.instances = kept
            if not kept:
                del backend.reservations[name]


def _is_old(instance: Any) -> bool:
    ended = attached(instance, End).at
    return ended is not None and clock.now() > ended + VISIBLE


# Images


@grafts.replaces(AmisResponse)
def register_image(self: Any) -> Any:
    """RegisterImage, keeping architecture, tags and root device."""
    result = grafts.original(AmisResponse, "register_image")(self)
    image = self.ec2_backend.amis[result.result["ImageId"]]
    image.architecture = self._get_param("Architecture") or "x86_64"
    image.root_device_name = self._get_param("RootDeviceName") or image.root_device_name
    image.virtualization_type = self._get_param("VirtualizationType") or "hvm"
    image.boot_mode = self._get_param("BootMode") or image.boot_mode
    image.add_tags(self._parse_tag_specification().get("image", {}))
    return result


# Networks


@grafts.replaces(EC2Backend)
def delete_vpc(self: Any, vpc_id: str) -> Any:
    """DeleteVpc, and with it the VPC's own network ACL."""
    deleted = grafts.original(EC2Backend, "delete_vpc")(self, vpc_id)
    own = [name for name, each in self.network_acls.items() if each.vpc_id == vpc_id]
    for name in own:
        del self.network_acls[name]
    return deleted


@grafts.replaces(VPCs)
def create_vpc_endpoint(self: Any) -> Any:
    """CreateVpcEndpoint, keeping the region of a service that is in another one."""
    result = grafts.original(VPCs, "create_vpc_endpoint")(self)
    result.result["VpcEndpoint"].service_region = self._get_param("ServiceRegion")
    return result


# Launch templates


@grafts.replaces(LaunchTemplates)
def create_launch_template(self: Any) -> Any:
    """CreateLaunchTemplate: its own tags are not part of what it launches."""
    result = grafts.original(LaunchTemplates, "create_launch_template")(self)
    created = result.result["LaunchTemplate"]["LaunchTemplateId"]
    version = self.ec2_backend.launch_templates[created].default_version()
    kept = [
        entry
        for entry in version.data.pop("TagSpecifications", [])
        if entry.get("ResourceType") != "launch-template"
    ]
    if kept:
        version.data["TagSpecifications"] = kept
    return result


@grafts.replaces(LaunchTemplates)
def create_launch_template_version(self: Any) -> Any:
    """CreateLaunchTemplateVersion: moto checks user data only in the first version."""
    data = self._get_param("LaunchTemplateData", {})
    if data.get("UserData") is not None:
        data["UserData"] = parse_user_data(data["UserData"])
    return grafts.original(LaunchTemplates, "create_launch_template_version")(self)


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
