"""The machines of a stack: found through the groups that the outputs name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lakehouse.errors import PreflightError
from lakehouse.outputs import StackOutputs
from ops.aws import Account, GroupMember, Instance

MachineRole = Literal["leader", "worker"]

IN_SERVICE = "InService"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One machine, as its group and EC2 know it."""

    instance_id: str
    role: MachineRole
    generation: str
    lifecycle: str
    """Of the group: `Pending:Wait`, `InService`, `Terminating:Wait` ..."""
    state: str
    """Of EC2: `pending`, `running` ..."""
    type: str
    market: Literal["spot", "on demand", "?"]
    address: str
    zone: str
    health: str = ""
    """Of the target group; leaders only."""

    @property
    def in_service(self) -> bool:
        """Whether the group counts on it."""
        return self.lifecycle == IN_SERVICE


def find_machines(account: Account, outputs: StackOutputs) -> tuple[Machine, ...]:
    """Every machine of every generation, leaders first."""
    members: list[tuple[MachineRole, str, GroupMember]] = []
    health: dict[str, str] = {}
    for generation in outputs.generations:
        groups: tuple[tuple[MachineRole, str], ...] = (
            ("leader", generation.leader_group),
            ("worker", generation.worker_group),
        )
        for role, group in groups:
            members += [
                (role, generation.name, member) for member in account.autoscaling.members(group)
            ]
        health |= account.load_balancing.health(generation.target_group)
    instances = account.ec2.instances([member.instance_id for _, _, member in members])
    return tuple(
        _machine(role, generation, member, instances.get(member.instance_id), health)
        for role, generation, member in members
    )


def _machine(
    role: MachineRole,
    generation: str,
    member: GroupMember,
    instance: Instance | None,
    health: dict[str, str],
) -> Machine:
    return Machine(
        instance_id=member.instance_id,
        role=role,
        generation=generation,
        lifecycle=member.lifecycle,
        state=instance.state if instance else "unknown",
        type=instance.type if instance else "?",
        market="?" if instance is None else "spot" if instance.spot else "on demand",
        address=instance.address if instance else "",
        zone=instance.zone if instance else "",
        health=health.get(member.instance_id, ""),
    )


def select(machines: tuple[Machine, ...], wanted: str) -> tuple[Machine, ...]:
    """The machines that a word on the command line means.

    The word is an instance id or its beginning, an address, a role (`leader`, `worker`), or
    a generation with a role (`blue/leader`). An empty word means all.

    Raises:
        PreflightError: no machine is meant; the message lists what there is.
    """
    found = tuple(machine for machine in machines if _means(wanted, machine))
    if not found:
        have = ", ".join(f"{m.instance_id} ({m.generation}/{m.role})" for m in machines)
        msg = f"no machine {wanted!r}; there are: {have or 'none'}"
        raise PreflightError(msg)
    return found


def _means(word: str, machine: Machine) -> bool:
    if word.startswith("i-"):
        return machine.instance_id.startswith(word)
    role = machine.role
    return word in ("", machine.address, role, f"{role}s", f"{machine.generation}/{role}")
