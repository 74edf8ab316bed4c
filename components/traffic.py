"""Traffic: who talked to whom in the network, recorded by AWS outside the machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from lakehouse import flow_policies
from lakehouse.config.network import FlowLogsConfig
from lakehouse.names import ROLE_NAME, fit
from lakehouse.policies import Account, as_json


@dataclass(frozen=True, kw_only=True)
class TrafficArgs:
    """Inputs of `Traffic`."""

    account: Account
    """Where it is."""
    shape: FlowLogsConfig
    """Which connections, how fine and for how long, as the owner describes it."""
    enabled: bool
    """Whether connections are recorded at all."""
    log_group: str
    """Name of the log group that records go to."""
    vpc_id: pulumi.Input[str]
    """The VPC whose connections are recorded, where no subnets are named."""
    subnets: Mapping[str, str] = field(default_factory=dict)
    """Zone -> subnet, of a VPC that others use, too: only these are recorded."""
    key_arn: pulumi.Input[str] | None = None
    """Key of the records; nothing leaves them to CloudWatch Logs' own."""
    boundary: str | None = None
    """Permissions boundary of the role."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child that takes them."""


class Traffic(LakehouseComponent):
    """Flow logs into a log group with a retention, by a role that may write nothing else."""

    log_group: pulumi.Output[str]
    """Name of the log group; empty where nothing is recorded."""

    def __init__(
        self, name: str, args: TrafficArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.tags, opts)
        self.log_group = pulumi.Output.from_input("")
        if args.enabled:
            group = aws.cloudwatch.LogGroup(
                self.child("flows"),
                name=args.log_group,
                retention_in_days=args.shape.retention_days,
                kms_key_id=args.key_arn,
                tags=self.tags("flows"),
                opts=self.child_opts(),
            )
            self._record(args, group, self._role(args))
            self.log_group = group.name
        self.publish()

    def _role(self, args: TrafficArgs) -> aws.iam.Role:
        name = fit(self.child("flows"), ROLE_NAME)
        role = aws.iam.Role(
            name,
            assume_role_policy=as_json(flow_policies.trust(args.account)),
            permissions_boundary=args.boundary,
            tags=self.tags("flows"),
            opts=self.child_opts(),
        )
        aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=as_json(flow_policies.write(args.account, args.log_group)),
            opts=self.child_opts(),
        )
        return role

    def _record(
        self, args: TrafficArgs, group: aws.cloudwatch.LogGroup, role: aws.iam.Role
    ) -> None:
        for suffix, subnet in _recorded(args).items():
            aws.ec2.FlowLog(
                self.child(suffix),
                vpc_id=None if subnet else args.vpc_id,
                subnet_id=subnet,
                traffic_type=args.shape.traffic.upper(),
                max_aggregation_interval=args.shape.interval_seconds,
                log_destination_type="cloud-watch-logs",
                log_destination=group.arn,
                iam_role_arn=role.arn,
                tags=self.tags(suffix),
                opts=self.child_opts(),
            )


def _recorded(args: TrafficArgs) -> dict[str, str | None]:
    """What a flow log is of: a subnet each, or the VPC."""
    if not args.subnets:
        return {"flows": None}
    return {f"flows-{zone}": subnet for zone, subnet in args.subnets.items()}
