"""Rules about machines: how they are told who they are, and which template they follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policy.resource import Resource

_MACHINES: Final = frozenset({"ec2.Instance", "ec2.LaunchConfiguration", "ec2.LaunchTemplate"})


def metadata_by_token(resource: Resource) -> Iterator[str]:
    """Metadata is given to the machine alone: version 2, one hop, or not at all."""
    if resource.kind not in _MACHINES:
        return
    options = resource.part("metadataOptions")
    if options.get("httpEndpoint") == "disabled":
        return
    if options.get("httpTokens") != "required":
        yield f"Ask for metadata tokens in {resource.label}: set httpTokens to required (IMDSv2)."
    if options.get("httpPutResponseHopLimit") != 1:
        yield (
            f"Keep metadata of {resource.label} on the machine: set httpPutResponseHopLimit to 1, "
            "so that no container reaches it."
        )


def numbered_templates(resource: Resource) -> Iterator[str]:
    """A group names its template's version by number, so that a change of it is a change here."""
    if resource.kind != "autoscaling.Group":
        return
    mixed = resource.part("mixedInstancesPolicy")
    template = mixed.get("launchTemplate", {})
    chosen = [resource.part("launchTemplate"), template.get("launchTemplateSpecification", {})]
    chosen += [
        each.get("launchTemplateSpecification", {}) for each in template.get("overrides", ())
    ]
    if resource.get("launchConfiguration"):
        yield f"Give {resource.label} a launch template; launch configurations have no versions."
    for each in chosen:
        if each and not _is_number(each.get("version")):
            yield (
                f"Name the launch template version of {resource.label} by number: with "
                f"{each.get('version') or 'none'} a new image would roll unseen."
            )


def _is_number(version: Any) -> bool:
    return str(version).isdigit()
