"""Where the load balancer sends connections to a generation: its leader's gateway."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from lakehouse import ports
from lakehouse.names import TARGET_GROUP_NAME, fit


def target_group(
    parent: LakehouseComponent, *, name: str, vpc_id: pulumi.Input[str], drain_seconds: int
) -> aws.lb.TargetGroup:
    """TCP to the gateway; health is a query that was answered, never a port."""
    return aws.lb.TargetGroup(
        # Without the suffix: 32 characters are few, and consoles show nothing else.
        fit(name, TARGET_GROUP_NAME),
        vpc_id=vpc_id,
        target_type="instance",
        protocol="TCP",
        port=ports.GATEWAY,
        preserve_client_ip="true",
        deregistration_delay=drain_seconds,
        # Running queries end by themselves within the delay; cutting them is for drain.
        connection_termination=False,
        health_check=aws.lb.TargetGroupHealthCheckArgs(
            protocol="HTTP",
            port=str(ports.HEALTH),
            path=ports.HEALTH_PATH,
            matcher="200",
            interval=10,
            timeout=6,
            healthy_threshold=2,
            unhealthy_threshold=2,
        ),
        tags=parent.tags("gateway"),
        opts=parent.child_opts(),
    )
