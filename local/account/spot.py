"""Spot notices: what the metadata service shows, and the end that follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import StateReason

from local.account import announce, clock, upkeep
from local.account.environment import ACCOUNT_ID
from local.account.graft import attached


@dataclass
class Notices:
    """What an instance has been told."""

    instance_action: dict[str, str] | None = None
    rebalance: dict[str, str] | None = None
    ends_at: float | None = None


def find(instance_id: str) -> Any:
    """An instance of any region, or None."""
    for instance in _instances():
        if instance.id == instance_id:
            return instance
    return None


def notices(instance: Any) -> Notices:
    """What an instance has been told so far."""
    return attached(instance, Notices)


def interrupt(instance: Any, *, seconds: float, notice: bool, action: str = "terminate") -> None:
    """Take a spot instance back, after a notice or at once."""
    told = notices(instance)
    told.ends_at = clock.now() + (seconds if notice else 0.0)
    if notice:
        told.instance_action = {"action": action, "time": clock.timestamp(told.ends_at)}
        announce.interruption(instance, action)
        upkeep.mark_at_risk(instance.id)
    tick()


def recommend_rebalance(instance: Any) -> None:
    """Say that an instance is at elevated risk."""
    notices(instance).rebalance = {"noticeTime": clock.timestamp(clock.now())}
    announce.rebalance(instance)
    upkeep.mark_at_risk(instance.id)
    upkeep.tick()


def tick() -> None:
    """End the instances whose time is up."""
    for instance in _instances():
        told = notices(instance)
        if told.ends_at is None or clock.now() < told.ends_at or instance.state != "running":
            continue
        instance.ec2_backend.terminate_instances([instance.id])
        instance.state_reason = StateReason(
            "Server.SpotInstanceTermination: Spot instance termination",
            "Server.SpotInstanceTermination",
        )
    upkeep.tick()


def _instances() -> Iterator[Any]:
    for backend in list(ec2_backends[ACCOUNT_ID].values()):
        yield from list(backend.all_instances())
