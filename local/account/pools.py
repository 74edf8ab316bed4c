"""Where a group's next instance comes from: market, instance type, subnet, and shortage.

A pool is an instance type in a zone. Spot pools are unlimited until the control API sets a
limit; a limit is a number of running spot instances. `price-capacity-optimized` is taken to mean:
of the pools with room in a zone the cheapest, and of equally cheap ones the first that is named.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from moto.ec2.models import ec2_backends

from local.account.environment import ACCOUNT_ID
from local.account.graft import attached
from local.account.prices import prices

Market = Literal["on-demand", "spot"]

SPOT: Final[Market] = "spot"
ON_DEMAND: Final[Market] = "on-demand"


@dataclass(frozen=True)
class Slot:
    """Where one instance can be launched."""

    market: Market
    instance_type: str
    subnet_id: str | None
    zone: str


@dataclass
class Limits:
    """How many instances a pool holds; what is not named is unlimited.

    Keys: `type` or `type@zone` for spot, `on-demand/type` or `on-demand/type@zone`.
    """

    limits: dict[str, int] = field(default_factory=dict)

    def set(self, changes: dict[str, int | None]) -> None:
        """Set limits; None takes one away."""
        for key, limit in changes.items():
            if limit is None:
                self.limits.pop(key, None)
            else:
                self.limits[key] = limit

    def keys_for(self, slot: Slot) -> tuple[str, str]:
        """The limits that a launch would count against."""
        prefix = "" if slot.market == SPOT else f"{ON_DEMAND}/"
        return f"{prefix}{slot.instance_type}", f"{prefix}{slot.instance_type}@{slot.zone}"


def market_of(instance: Any) -> Market:
    """Whether an instance is a spot instance."""
    return SPOT if getattr(instance, "instance_lifecycle", None) == SPOT else ON_DEMAND


def limits(region: str) -> Limits:
    """The limits of one region, kept with its EC2."""
    return attached(ec2_backends[ACCOUNT_ID][region], Limits)


def has_room(region: str, slot: Slot) -> bool:
    """Whether a pool can give one more instance."""
    found = limits(region)
    for key in found.keys_for(slot):
        limit = found.limits.get(key)
        if limit is not None and _running(region, slot.market, key) >= limit:
            return False
    return True


def _running(region: str, market: Market, key: str) -> int:
    instance_type, _, zone = key.rpartition("/")[2].partition("@")
    return sum(
        1
        for instance in ec2_backends[ACCOUNT_ID][region].all_instances()
        if instance.state in ("pending", "running")
        and instance.instance_type == instance_type
        and market_of(instance) == market
        and zone in ("", instance.placement.zone)
    )


def choose(group: Any, present: list[Any]) -> Slot | None:
    """The pool for a group's next instance, or None if no pool has room."""
    market = next_market(group, present)
    by_price = market == SPOT and _by_price(group)
    # Zones are balanced before pools are compared (Auto Scaling user guide, "Allocation
    # strategies"); without prices types come in the order given, in whichever zone.
    slots = [
        Slot(market, instance_type, subnet_id, zone)
        for subnet_id, zone in _places(group, present)
        for instance_type in instance_types(group)
    ]
    slots = [slot for slot in slots if has_room(group.region, slot)]
    if not slots:
        return None
    if by_price:
        known = prices(group.region)
        home = slots[0].zone
        return min(
            (slot for slot in slots if slot.zone == home),
            key=lambda slot: known.of(slot.instance_type, slot.zone),
        )
    order = instance_types(group)
    return min(slots, key=lambda slot: order.index(slot.instance_type))


def _by_price(group: Any) -> bool:
    distribution = _policy(group).get("InstancesDistribution") or {}
    strategy = str(distribution.get("SpotAllocationStrategy") or "lowest-price")
    return strategy in ("price-capacity-optimized", "lowest-price")


def instance_types(group: Any) -> list[str]:
    """The types that a group may use, in its order."""
    overrides = _policy(group).get("LaunchTemplate", {}).get("Overrides") or []
    named = [entry["InstanceType"] for entry in overrides if entry.get("InstanceType")]
    return named or [group.instance_type]


def _policy(group: Any) -> dict[str, Any]:
    return group.mixed_instances_policy or {}


def on_demand_wanted(group: Any) -> int:
    """How many on-demand instances a policy asks for: the base, and a share above, rounded up."""
    distribution = _policy(group).get("InstancesDistribution") or {}
    base = int(distribution.get("OnDemandBaseCapacity") or 0)
    given = distribution.get("OnDemandPercentageAboveBaseCapacity")
    percentage = 100 if given is None else int(given)
    desired = int(group.desired_capacity or 0)
    return min(desired, base) + math.ceil(max(0, desired - base) * percentage / 100)


def next_market(group: Any, present: list[Any]) -> Market:
    """What a group's next instance is: on demand until there are enough, else spot."""
    if not _policy(group):
        options = _template_data(group).get("InstanceMarketOptions") or {}
        return SPOT if options.get("MarketType") == SPOT else ON_DEMAND
    running = sum(1 for member in present if market_of(member.instance) == ON_DEMAND)
    return ON_DEMAND if running < on_demand_wanted(group) else SPOT


def surplus_market(group: Any, present: list[Any]) -> Market | None:
    """What a group has too many of when it shrinks; None if it does not matter."""
    if not _policy(group):
        return None
    running = sum(1 for member in present if market_of(member.instance) == ON_DEMAND)
    return ON_DEMAND if running > on_demand_wanted(group) else SPOT


def _template_data(group: Any) -> dict[str, Any]:
    if group.ec2_launch_template is None:
        return {}
    data: dict[str, Any] = group.ec2_launch_template.get_version(group.launch_template_version).data
    return data


def _places(group: Any, present: list[Any]) -> list[tuple[str | None, str]]:
    """Subnets (or zones) of a group, the one with the fewest instances first."""
    if group.vpc_zone_identifier:
        names = [name.strip() for name in group.vpc_zone_identifier.split(",")]
        subnets = [group.ec2_backend.get_subnet(name) for name in names]
        places = [(subnet.id, subnet.availability_zone) for subnet in subnets]
    else:
        places = [(None, zone) for zone in group.availability_zones]
    taken = [member.instance.placement.zone for member in present]
    return sorted(places, key=lambda place: taken.count(place[1]))
