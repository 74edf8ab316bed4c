"""Security groups: a rule keeps its description whatever it names, and its change is whole.

moto keeps the description of an address range only, and changes no other target than one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroupRule

from local.account.graft import Grafts

grafts = Grafts()


@grafts.replaces(EC2Backend)
def _iterate_security_rules(
    self: Any,
    ip_protocol: str,
    group_id: str,
    from_port: str,
    to_port: str,
    ip_ranges: list[Any],
    source_groups: list[dict[str, Any]],
    prefix_list_ids: list[dict[str, str]],
    **kwargs: Any,
) -> Iterator[SecurityGroupRule]:
    """One rule for each target; those of groups and prefix lists with their description too."""
    original = grafts.original(EC2Backend, "_iterate_security_rules")
    ports = (self, ip_protocol, group_id, from_port, to_port)
    yield from original(*ports, ip_ranges, [], [], **kwargs)
    for each in source_groups:
        yield from _described(original(*ports, [], [_bare(each)], [], **kwargs), each)
    for each in prefix_list_ids:
        yield from _described(original(*ports, [], [], [_bare(each)], **kwargs), each)


def _bare(target: dict[str, Any]) -> dict[str, Any]:
    """A target as rules are compared by it."""
    return {key: value for key, value in target.items() if key != "Description"}


def _described(
    rules: Iterator[SecurityGroupRule], target: dict[str, Any]
) -> Iterator[SecurityGroupRule]:
    for rule in rules:
        if target.get("Description"):
            rule.ip_range["Description"] = target["Description"]
        yield rule


@grafts.replaces(EC2Backend)
def modify_security_group_rules(self: Any, group_id: str, rules: dict[str, Any]) -> None:
    """ModifySecurityGroupRules, with the group or prefix list that a rule names from now on."""
    grafts.original(EC2Backend, "modify_security_group_rules")(self, group_id, rules)
    group = self.get_security_group_by_name_or_id(group_id)
    for rule_id, wanted in rules.items():
        rule = group.get_rule(rule_id)
        if "ReferencedGroupId" in wanted:
            rule.source_group["GroupId"] = wanted["ReferencedGroupId"]
        if "PrefixListId" in wanted:
            rule.prefix_list_id = wanted["PrefixListId"]


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
