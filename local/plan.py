"""What to do next: a pure function of what shall be and what is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from local.machine import REBOOT, MachineState
from local.world import Instance

SHUTDOWN_SECONDS: Final = 30.0
"""How long a machine may take to shut down before its processes are killed."""

Verb = Literal["start", "ask-to-stop", "kill", "remove", "report-dead"]


@dataclass(frozen=True)
class Action:
    """One step on one machine, and why."""

    verb: Verb
    instance_id: str
    reason: str


def plan(instances: Mapping[str, Instance], machines: Mapping[str, MachineState]) -> list[Action]:
    """At most one action per machine; the next round continues from what that changed.

    Machines that go come before machines that come: they may hold an address that is wanted.
    """
    actions = []
    held = {
        machine.spec.private_ip: instance_id
        for instance_id, machine in machines.items()
        if machine.running and machine.spec
    }
    for instance_id in sorted(set(instances) | set(machines)):
        instance, machine = instances.get(instance_id), machines.get(instance_id)
        action = (
            _unwanted(instance_id, instance, machine)
            if instance is None or instance.state in {"shutting-down", "stopping", "stopped"}
            else _wanted(instance, machine)
        )
        if action and not _address_is_taken(action, instance, held):
            actions.append(action)
    return sorted(actions, key=lambda each: each.verb in {"start", "report-dead"})


def _wanted(instance: Instance, machine: MachineState | None) -> Action | None:
    if machine is None or not machine.started:
        if machine is not None and machine.running:
            return None
        if instance.image is None:
            return None
        return Action("start", instance.id, "EC2 runs it")
    if machine.orphaned:
        return Action("kill", instance.id, "its systemd-nspawn was killed")
    if machine.running:
        # A stop that EC2 took back still ends first; the instance then starts again.
        return _continue_stop(instance.id, machine) if machine.stopping_for is not None else None
    if machine.stopping_for is not None:
        return Action("start", instance.id, "EC2 started it again")
    if machine.exit_status == REBOOT:
        return Action("start", instance.id, "it rebooted")
    return Action("report-dead", instance.id, f"its machine ended (status {machine.exit_status})")


def _unwanted(
    instance_id: str, instance: Instance | None, machine: MachineState | None
) -> Action | None:
    if machine is None:
        return None
    why = "EC2 terminated it" if instance is None else f"EC2 says {instance.state}"
    if machine.running:
        if machine.stopping_for is None:
            return Action("ask-to-stop", instance_id, why)
        return _continue_stop(instance_id, machine)
    if instance is None:
        return Action("remove", instance_id, why)
    return None


def _continue_stop(instance_id: str, machine: MachineState) -> Action | None:
    if machine.stopping_for is not None and machine.stopping_for > SHUTDOWN_SECONDS:
        return Action("kill", instance_id, f"no clean end within {SHUTDOWN_SECONDS:.0f} s")
    return None


def _address_is_taken(action: Action, instance: Instance | None, held: Mapping[str, str]) -> bool:
    """Whether the machine that had this instance's address before is still shutting down."""
    return (
        action.verb == "start"
        and instance is not None
        and held.get(instance.private_ip, instance.id) != instance.id
    )
