"""The worker group in the account: reading it, and doing what was decided."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lakehouse.boot import BootDocument
from node.autoscale.model import Decision, Group, Market, Phase, Worker
from node.autoscale.spark import Work
from node.errors import NodeError

LOG: Final = logging.getLogger("node.autoscale")

_LEAVING: Final = ("Terminating", "Terminated", "Detach")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """An instance of the group."""

    instance_id: str
    address: str
    market: Market
    place: str
    phase: Phase


class WorkerGroup:
    """The group of this generation's workers, found by its tags."""

    def __init__(self, document: BootDocument, autoscaling: Any, ec2: Any) -> None:
        """`autoscaling` and `ec2` are clients of the account."""
        self._document = document
        self._autoscaling = autoscaling
        self._ec2 = ec2
        self._name = ""

    def read(self) -> tuple[Group, tuple[Machine, ...]]:
        """The group and its machines.

        Raises:
            NodeError: the account does not answer, or has no such group.
        """
        try:
            raw = self._describe()
            self._name = raw["AutoScalingGroupName"]
            return _group(raw), self._machines(raw["Instances"])
        except (ClientError, BotoCoreError) as error:
            msg = f"the worker group could not be read: {error}"
            raise NodeError(msg) from error

    def act(
        self, decision: Decision, group: Group, still_idle: Callable[[str], bool]
    ) -> tuple[str, ...]:
        """Do it. Machines for which `still_idle` says no are spared, and returned.

        Raises:
            NodeError: the account refused; the next decision begins from what is then.
        """
        try:
            self._update(decision)
            size = decision.desired + len(decision.terminate)
            if size != group.desired:
                self._autoscaling.set_desired_capacity(
                    AutoScalingGroupName=self._name, DesiredCapacity=size, HonorCooldown=False
                )
            spared = []
            for names, smaller in ((decision.terminate, True), (decision.replace, False)):
                for name in names:
                    if not still_idle(name):
                        spared.append(name)
                        continue
                    # Through the terminating hook: the worker is decommissioned before it goes.
                    self._autoscaling.terminate_instance_in_auto_scaling_group(
                        InstanceId=name, ShouldDecrementDesiredCapacity=smaller
                    )
        except (ClientError, BotoCoreError) as error:
            msg = f"the group {self._name} refused: {error}"
            raise NodeError(msg) from error
        return tuple(spared)

    def _update(self, decision: Decision) -> None:
        changes: dict[str, Any] = {}
        if decision.on_demand_percentage is not None:
            # The distribution alone: naming the template would ask for the right to launch it.
            changes["MixedInstancesPolicy"] = {
                "InstancesDistribution": {
                    "OnDemandPercentageAboveBaseCapacity": decision.on_demand_percentage
                }
            }
        if decision.places is not None:
            changes["VPCZoneIdentifier"] = ",".join(decision.places)
        if changes:
            self._autoscaling.update_auto_scaling_group(AutoScalingGroupName=self._name, **changes)

    def _describe(self) -> Any:
        document = self._document
        tags = {
            f"tag:{document.project}:project": document.project,
            f"tag:{document.project}:stack": document.stack,
            "tag:millrace:generation": document.generation,
            "tag:millrace:role": "worker",
        }
        answer = self._autoscaling.describe_auto_scaling_groups(
            Filters=[{"Name": name, "Values": [value]} for name, value in tags.items()]
        )
        found = answer["AutoScalingGroups"]
        if len(found) != 1:
            msg = f"{len(found)} groups have the tags {tags}; there must be one"
            raise NodeError(msg)
        return found[0]

    def _machines(self, members: Any) -> tuple[Machine, ...]:
        phases = {each["InstanceId"]: _phase(each["LifecycleState"]) for each in members}
        if not phases:
            return ()
        answer = self._ec2.describe_instances(
            Filters=[{"Name": "instance-id", "Values": sorted(phases)}]
        )
        return tuple(
            Machine(
                instance_id=each["InstanceId"],
                address=each.get("PrivateIpAddress", ""),
                market="spot" if each.get("InstanceLifecycle") == "spot" else "on-demand",
                place=each.get("SubnetId", ""),
                phase=phases[each["InstanceId"]],
            )
            for entry in answer["Reservations"]
            for each in entry["Instances"]
        )


def _phase(state: str) -> Phase:
    if state.startswith(_LEAVING):
        return "leaving"
    return "in service" if state == "InService" else "pending"


def _group(raw: Mapping[str, Any]) -> Group:
    distribution = raw.get("MixedInstancesPolicy", {}).get("InstancesDistribution", {})
    return Group(
        desired=int(raw["DesiredCapacity"]),
        minimum=int(raw["MinSize"]),
        maximum=int(raw["MaxSize"]),
        on_demand_base=int(distribution.get("OnDemandBaseCapacity") or 0),
        on_demand_percentage=int(distribution.get("OnDemandPercentageAboveBaseCapacity") or 0),
        places=tuple(each for each in raw.get("VPCZoneIdentifier", "").split(",") if each),
    )


def workers(
    machines: Collection[Machine],
    work: Work,
    idle: Mapping[str, float],
    at_risk: Mapping[str, str],
) -> tuple[Worker, ...]:
    """What the account and Spark know, joined by private address."""
    found = []
    for machine in machines:
        host = work.hosts.get(machine.address)
        found.append(
            Worker(
                instance_id=machine.instance_id,
                market=machine.market,
                place=machine.place,
                phase=machine.phase,
                cores=host.cores if host else 0,
                running=host.running if host else 0,
                idle_seconds=idle.get(machine.address, 0.0),
                at_risk=machine.instance_id in at_risk,
                noticed=at_risk.get(machine.instance_id) == "notice",
                cordoned=host.cordoned if host else False,
            )
        )
    return tuple(found)
