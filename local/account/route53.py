"""Route 53: private zones keep their VPC, and changes are in sync at once."""

from __future__ import annotations

from typing import Any

from moto.route53.responses import Route53

from local.account.graft import Grafts

grafts = Grafts()


def _without_wait(response: Any, result: Any) -> Any:
    """Leave ChangeInfo out for Terraform's provider.

    It sleeps 15 to 30 s before it asks for the first time whether a change is in sync, and
    does not ask at all about an answer without one. Here every change is in sync at once.
    """
    if "terraform" in response.headers.get("User-Agent", "").lower():
        result.result.pop("ChangeInfo", None)
    return result


@grafts.replaces(Route53)
def create_hosted_zone(self: Any) -> Any:
    """CreateHostedZone: a zone given a VPC is private, whatever else is said."""
    if self._get_param("VPC.VPCId"):
        config = self.params.get("HostedZoneConfig") or {}
        self.params["HostedZoneConfig"] = {**config, "PrivateZone": True}
    return _without_wait(self, grafts.original(Route53, "create_hosted_zone")(self))


@grafts.replaces(Route53)
def change_resource_record_sets(self: Any) -> Any:
    """ChangeResourceRecordSets."""
    return _without_wait(self, grafts.original(Route53, "change_resource_record_sets")(self))


@grafts.replaces(Route53)
def delete_hosted_zone(self: Any) -> Any:
    """DeleteHostedZone."""
    return _without_wait(self, grafts.original(Route53, "delete_hosted_zone")(self))


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
