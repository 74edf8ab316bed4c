"""Cluster: one generation, a leader and its workers from one image.

Nothing here waits for the load balancer: machines boot while it is being made.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from components import _boot, _image, _machine_role
from components._base import LakehouseComponent, outputs_of
from components._groups import hook, mixed_instances, places, rolling_refresh
from components._machines import MachineArgs, launch_template, propagated
from components._notices import notices
from components._stored_secret import store
from components._target_group import target_group
from lakehouse import fleet_policies, policies, timeouts
from lakehouse.config import AccessConfig, GenerationConfig
from lakehouse.names import ROLE_TAG, Names, autonamed

DRAIN_HOOK: Final = "drain"

AUTH_BYTES: Final = 32


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """Inputs of `Cluster`."""

    account: policies.Account
    """Where it is."""
    names: Names
    """Of the stack."""
    generation: str
    """Name of this generation."""
    image: _image.Image
    """What the machines are made from."""
    shape: GenerationConfig
    """Leader, workers and Spark settings, as its owner describes them."""
    access: AccessConfig
    """Key pair, and how long deleted secrets are kept."""
    log_group: str
    """Where machines send their logs; empty keeps them on the machines."""
    audit_log_group: str
    """Where the leader sends who ran what; empty as well."""
    audit_statements: bool
    """Whether that quotes statements."""
    drain_seconds: int
    """Seconds that connections keep a leader that leaves the endpoint."""
    aws_endpoint_url: str
    """Where machines reach the AWS API; empty on AWS."""
    zone_name: str
    """Private DNS zone; the leader keeps a name in it."""
    vpc_id: pulumi.Input[str]
    """Network of the target group."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """Where machines are."""
    zone_id: pulumi.Input[str]
    """Id of that zone."""
    leader_security_group_id: pulumi.Input[str]
    """Group of the leader."""
    worker_security_group_id: pulumi.Input[str]
    """Group of the workers."""
    catalogs: Sequence[str]
    """Names of the catalogs in SQL; the first is where names without a catalog are looked up."""
    warehouses: pulumi.Input[Mapping[str, str]]
    """Catalog -> ARN of its S3 Tables bucket."""
    key_arn: pulumi.Input[str]
    """Key of the tables."""
    tls_arn: pulumi.Input[str]
    """Secret with the gateway's certificate."""
    token_arns: pulumi.Input[Mapping[str, str]]
    """Secrets with the users' tokens."""
    reader_arn: str = ""
    """Role that Spark reads as, through Lake Formation; empty: its machines read by IAM."""
    governed: Mapping[str, str] = field(default_factory=dict)
    """Catalogs of such a Spark: name in SQL -> id in Glue."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child and machine."""


class Cluster(LakehouseComponent):
    """A leader on demand and workers on spot."""

    image: pulumi.Output[str]
    """Id of the image that its reference means."""
    version_set: pulumi.Output[str]
    leader_group: pulumi.Output[str]
    worker_group: pulumi.Output[str]
    target_group: pulumi.Output[str]

    def __init__(
        self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.tags, opts)
        self._args = args
        image = args.image
        auth = store(
            self,
            "spark-auth",
            secrets.token_urlsafe(AUTH_BYTES),
            description=f"Shared secret of Spark's own traffic in {name}",
            rotation=str(args.shape.auth_rotation),
            recovery_days=args.access.secret_recovery_days,
            tags=self.tags("spark-auth"),
        )
        known: dict[str, Any] = {"auth": auth.arn, "key": args.key_arn, "zone": args.zone_id}
        known["warehouses"] = args.warehouses
        # One value that a preview does not know hides all that it is with: a new user's token is
        # kept from what workers are made of.
        only_leader: dict[str, Any] = {"tls": args.tls_arn, "tokens": args.token_arns}
        if args.shape.workers.autoscale.enabled:
            only_leader["subnets"] = args.subnet_ids
        gateway = target_group(
            self, name=name, vpc_id=args.vpc_id, drain_seconds=args.drain_seconds
        )
        leader = self._leader_group(image, pulumi.Output.all(**known, **only_leader), gateway)
        workers = self._worker_group(image, pulumi.Output.all(**known))
        notices(self, args.names.notices_queue(args.generation), workers.name)
        self.image = pulumi.Output.from_input(image.id)
        self.version_set = pulumi.Output.from_input(image.version_set)
        self.leader_group = leader.name
        self.worker_group = workers.name
        self.target_group = gateway.arn
        self.publish()

    @property
    def facts(self) -> dict[str, pulumi.Output[str]]:
        """The outputs by name, as `lakehouse.outputs` calls them."""
        return {name: getattr(self, name) for name in outputs_of(type(self))}

    def _leader_group(
        self,
        image: _image.Image,
        known: pulumi.Output[Mapping[str, Any]],
        gateway: aws.lb.TargetGroup,
    ) -> aws.autoscaling.Group:
        args, shape, suffix = self._args, self._args.shape.leader, "leader"
        template = launch_template(
            self,
            suffix,
            self._machine(suffix, image, shape.volume_gib, known),
            security_group_id=args.leader_security_group_id,
            instance_type=shape.instance_type,
            tracking_seconds=timeouts.tracking(shape.instance_type),
        )
        return aws.autoscaling.Group(
            self.child(suffix),
            min_size=1,
            max_size=1,
            desired_capacity=1,
            vpc_zone_identifiers=args.subnet_ids,
            launch_template=aws.autoscaling.GroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            target_group_arns=[gateway.arn],
            initial_lifecycle_hooks=[
                hook(_boot.READY_HOOK, "LAUNCHING", shape.ready_minutes * 60, "ABANDON")
            ],
            # systemd restarts Spark sooner than a machine boots: only a dead machine is
            # replaced, and the load balancer's health decides who gets connections.
            health_check_type="EC2",
            health_check_grace_period=shape.ready_minutes * 60,
            instance_refresh=rolling_refresh(minimum_healthy_percentage=0),
            # The update ends when the leader has answered a query, or says that it has not.
            wait_for_capacity_timeout=f"{shape.ready_minutes}m",
            tags=propagated(self._machine_tags(suffix)),
            opts=self.child_opts(),
        )

    def _worker_group(
        self, image: _image.Image, known: pulumi.Output[Mapping[str, Any]]
    ) -> aws.autoscaling.Group:
        args, fleet, suffix = self._args, self._args.shape.workers, "worker"
        template = launch_template(
            self,
            suffix,
            self._machine(suffix, image, fleet.volume_gib, known),
            security_group_id=args.worker_security_group_id,
        )
        return aws.autoscaling.Group(
            self.child(suffix),
            min_size=fleet.minimum,
            max_size=fleet.maximum,
            desired_capacity=fleet.initial,
            vpc_zone_identifiers=places(args.subnet_ids, fleet),
            mixed_instances_policy=mixed_instances(template, fleet),
            # The autoscaler replaces machines at risk itself, so many within a time.
            capacity_rebalance=not fleet.autoscale.enabled,
            initial_lifecycle_hooks=[
                hook(_boot.READY_HOOK, "LAUNCHING", fleet.ready_minutes * 60, "ABANDON"),
                hook(DRAIN_HOOK, "TERMINATING", fleet.drain_seconds, "CONTINUE"),
            ],
            health_check_type="EC2",
            health_check_grace_period=fleet.ready_minutes * 60,
            instance_refresh=rolling_refresh(minimum_healthy_percentage=66),
            # Spot capacity comes when it comes; a cluster with a leader is a cluster.
            wait_for_capacity_timeout="0",
            tags=propagated(self._machine_tags(suffix)),
            # The autoscaler on the leader owns the number of workers.
            opts=self.child_opts(ignore_changes=["desired_capacity"]),
        )

    def _machine(
        self,
        role: str,
        image: _image.Image,
        volume_gib: int,
        known: pulumi.Output[Mapping[str, Any]],
    ) -> MachineArgs:
        return MachineArgs(
            image=image,
            volume_gib=volume_gib,
            ssh_key_name=self._args.access.ssh_key_name,
            profile_arn=_machine_role.profile(
                self,
                role,
                known.apply(lambda values: self._policy(role, values)),
                self._args.access.permissions_boundary,
                self.tags(role, **{ROLE_TAG: role}),
            ),
            user_data=known.apply(lambda values: self._user_data(role, values)),
            tags=self._machine_tags(role),
        )

    def _machine_tags(self, role: str) -> dict[str, str]:
        own = {
            "millrace:generation": self._args.generation,
            "millrace:role": role,
            # Machines read secrets at boot: a new one is a reason to replace them.
            "millrace:secrets": self._rotations(role),
        }
        return self.tags(role, **own)

    def _rotations(self, role: str) -> str:
        access, auth = self._args.access, self._args.shape.auth_rotation
        if role == "worker":
            return str(auth)
        counters = (
            auth,
            access.authority_rotation,
            access.certificate_rotation,
            access.token_rotation,
        )
        return ".".join(map(str, counters))

    def _policy(self, role: str, known: Mapping[str, Any]) -> policies.Document:
        args = self._args
        common = {
            "account": args.account,
            "bucket_arns": [known["warehouses"][each] for each in args.catalogs],
            "key_arn": known["key"],
            "group_pattern": autonamed(self.child(role)),
            "reader_arn": args.reader_arn,
        }
        logs = list(filter(None, [args.log_group]))
        if role == "worker":
            return policies.worker(secrets=[known["auth"]], log_groups=logs, **common)
        return policies.leader(
            secrets=[known["auth"], known["tls"], *known["tokens"].values()],
            zone_id=known["zone"],
            host=args.names.leader_host(args.generation, args.zone_name),
            fleet=self._fleet_policy(),
            log_groups=[*logs, *filter(None, [args.audit_log_group])],
            **common,
        )

    def _fleet_policy(self) -> list[policies.Document]:
        args = self._args
        queue = args.account.arn("sqs", args.names.notices_queue(args.generation))
        statements = [fleet_policies.take_notices(queue)]
        if args.shape.workers.autoscale.enabled:
            statements += fleet_policies.change(args.account, autonamed(self.child("worker")))
        return statements

    def _user_data(self, role: str, known: Mapping[str, Any]) -> str:
        args = self._args
        return _boot.user_data(
            role,
            names=args.names,
            region=args.account.region,
            generation=args.generation,
            shape=args.shape,
            zone_name=args.zone_name,
            catalogs=args.catalogs,
            reader_arn=args.reader_arn,
            governed=args.governed,
            aws_endpoint_url=args.aws_endpoint_url,
            log_group=args.log_group,
            audit_log_group=args.audit_log_group,
            audit_statements=args.audit_statements,
            known=known,
        )
