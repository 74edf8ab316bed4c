"""The alarms of a generation as plain values: what is watched, and when it is too much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from lakehouse.config import ObservabilityConfig
from lakehouse.policies import METRICS_NAMESPACE

BALANCER_NAMESPACE: Final = "AWS/NetworkELB"

Comparison = Literal["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold"]


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm over one metric, looked at every minute."""

    name: str
    """Last part of its name."""
    description: str
    """What is wrong, and where to look."""
    metric: str
    namespace: str = METRICS_NAMESPACE
    statistic: Literal["Minimum", "Maximum", "Average"]
    comparison: Comparison
    threshold: float
    minutes: int
    """So many in a row."""
    missing: Literal["breaching", "notBreaching", "ignore"] = "ignore"
    """What a minute without a figure means."""


def alarms(shape: ObservabilityConfig, minimum_workers: int) -> list[Alarm]:
    """Alarms of a generation with at least so many workers."""
    found = [
        Alarm(
            name="no-healthy-leader",
            description="The load balancer has no healthy leader: nobody gets in. "
            "Look at `lakehouse status` and at the leader group's activities.",
            metric="HealthyHostCount",
            namespace=BALANCER_NAMESPACE,
            statistic="Maximum",
            comparison="LessThanThreshold",
            threshold=1,
            minutes=3,
            missing="breaching",
        ),
        Alarm(
            name="probe-failing",
            description="The leader's own query fails, or the leader is silent. Look at "
            "`lakehouse logs leader --unit spark-connect`.",
            metric="Healthy",
            statistic="Maximum",
            comparison="LessThanThreshold",
            threshold=1,
            minutes=3,
            missing="breaching",
        ),
        Alarm(
            name="heap",
            description="The Connect server's heap stays full after collections: sessions and "
            "their catalogs are leaking or too many. Restart the leader when nobody works.",
            metric="HeapAfterCollection",
            statistic="Average",
            comparison="GreaterThanThreshold",
            threshold=shape.heap_percent,
            minutes=5,
        ),
        Alarm(
            name="sessions",
            description="More sessions than are safe: a server keeps 25 for certain and then "
            "ends those that were used least. Close some, or add a generation.",
            metric="Sessions",
            statistic="Maximum",
            comparison="GreaterThanThreshold",
            threshold=shape.sessions,
            minutes=3,
        ),
        Alarm(
            name="workers-starved",
            description="Workers that were asked for do not come: spot has none to give, or "
            "they fail to start. Look at the worker group's activities.",
            metric="WorkersMissing",
            statistic="Minimum",
            comparison="GreaterThanThreshold",
            threshold=0,
            minutes=shape.starved_minutes,
        ),
    ]
    if minimum_workers:
        found.append(
            Alarm(
                name="workers-below-minimum",
                description=f"Fewer than {minimum_workers} workers are registered with the "
                "leader. Look at `lakehouse status`.",
                metric="WorkersAlive",
                statistic="Maximum",
                comparison="LessThanThreshold",
                threshold=minimum_workers,
                minutes=5,
            )
        )
    return found


def dimensions(
    alarm: Alarm, *, stack: str, generation: str, balancer: str, target_group: str
) -> Mapping[str, str]:
    """Whose figures the alarm is about; the last two are ARNs."""
    if alarm.namespace == BALANCER_NAMESPACE:
        return at_balancer(balancer, target_group)
    return {"Stack": stack, "Generation": generation}


def at_balancer(balancer: str, target_group: str) -> Mapping[str, str]:
    """Dimensions of the load balancer's figures on a target group; both are given by ARN."""
    return {
        "LoadBalancer": balancer.partition(":loadbalancer/")[2],
        "TargetGroup": target_group.rpartition(":")[2],
    }
