"""Small worlds for the tests of the reconciler's parts."""

from __future__ import annotations

from typing import Any

from local.machine import MachineSpec, MachineState
from local.world import HealthCheck, Instance, Listener, LoadBalancer, TargetGroup, Vpc, World

VPC = Vpc(id="vpc-1", cidr="10.0.0.0/16")


def instance(number: int = 1, **changes: Any) -> Instance:
    facts: dict[str, Any] = {
        "id": f"i-{number:017x}",
        "state": "running",
        "vpc_id": VPC.id,
        "subnet_id": "subnet-1",
        "private_ip": f"10.0.1.{3 + number}",
        "zone": "eu-central-1a",
        "image_id": "ami-1",
        "image": "abc",
        "type": "t3.small",
        "memory_mib": 2048,
        "cpus": 2,
    }
    return Instance(**{**facts, **changes})


def machine(number: int = 1, **changes: Any) -> MachineState:
    facts: dict[str, Any] = {
        "spec": MachineSpec(
            instance_id=f"i-{number:017x}",
            vpc_id=VPC.id,
            private_ip=f"10.0.1.{3 + number}",
            image="abc",
            memory_mib=2048,
            cpus=2,
        ),
        "started": True,
        "running": True,
        "orphaned": False,
        "exit_status": None,
        "stopping_for": None,
    }
    return MachineState(**{**facts, **changes})


def target_group(name: str, *instances: Instance, **changes: Any) -> TargetGroup:
    facts: dict[str, Any] = {
        "arn": name,
        "port": 15443,
        "check": HealthCheck(
            protocol="HTTP", port=15444, path="/healthz", matcher="200", interval=10, healthy=2
        ),
        "targets": tuple((each.id, 15443) for each in instances),
    }
    return TargetGroup(**{**facts, **changes})


def balancer(weights: dict[str, int], name: str = "nlb") -> LoadBalancer:
    return LoadBalancer(
        arn=name,
        dns_name=f"{name}.elb.amazonaws.com",
        vpc_id=VPC.id,
        subnet_cidr="10.0.1.0/24",
        listeners=(Listener(arn=f"{name}/listener", port=15002, weights=weights),),
    )


def world(*instances: Instance, **changes: Any) -> World:
    return World(vpcs={VPC.id: VPC}, instances={each.id: each for each in instances}, **changes)
