"""Observability: what is known of a running stack, and who is told when it is not well."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components import _alarms
from components._base import LakehouseComponent
from components._dashboard import dashboard
from lakehouse import policies, watch_policies
from lakehouse.config import AuditConfig, ObservabilityConfig
from lakehouse.names import Names


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """Inputs of `Observability`."""

    account: policies.Account
    """Where it is."""
    names: Names
    """Of the stack: log groups have names that people type."""
    shape: ObservabilityConfig
    """Logs, alarms and who is told, as the owner describes them."""
    audit: AuditConfig
    """How long the record of queries is kept, and whether its key is protected."""
    log_days: int
    """Days that logs of the machines are kept."""
    balancer: pulumi.Input[str]
    """ARN of the load balancer."""
    minimum_workers: Mapping[str, int]
    """Generation -> fewer workers than these are an alarm; 0 is none."""
    target_groups: Mapping[str, pulumi.Input[str]]
    """Generation -> ARN of its target group: the load balancer's view of the leader."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child that takes them."""


class Observability(LakehouseComponent):
    """Log groups, alarms over the leaders' figures, a topic and a dashboard."""

    topic: pulumi.Output[str]
    """ARN of the topic that alarms tell; empty without alarms."""
    dashboard: pulumi.Output[str]
    """Name of the dashboard; empty without one."""
    key_arn: pulumi.Output[str]
    """Key of logs and alarms, once CloudWatch may use it; empty without one."""

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.tags, opts)
        self._args = args
        key = self._key(name) if args.shape.encrypt else None
        self.key_arn = pulumi.Output.from_input("")
        if key is not None:
            self.key_arn = pulumi.Output.all(key[0].arn, key[1].id).apply(lambda known: known[0])
        self._log_groups(key)
        self.topic = pulumi.Output.from_input("")
        if args.shape.alarms:
            topic = self._topic(name, key)
            self.topic = topic.arn
            for generation in args.target_groups:
                self._watch(generation, topic.arn)
        self.dashboard = pulumi.Output.from_input("")
        if args.shape.dashboard:
            self.dashboard = self._dashboard(name).dashboard_name
        self.publish()

    def _key(self, name: str) -> tuple[aws.kms.Key, aws.kms.KeyPolicy]:
        args = self._args
        key = aws.kms.Key(
            self.child("watch"),
            description=f"Logs and alarms of {name}",
            enable_key_rotation=True,
            deletion_window_in_days=30 if args.audit.protect else 7,
            tags=self.tags("watch"),
            opts=self.child_opts(protect=args.audit.protect),
        )
        document = watch_policies.watch_key(args.account, args.names.log_groups, f"{name}-*")
        policy = aws.kms.KeyPolicy(
            self.child("watch"),
            key_id=key.key_id,
            policy=policies.as_json(document),
            opts=self.child_opts(),
        )
        return key, policy

    def _log_groups(self, key: tuple[aws.kms.Key, aws.kms.KeyPolicy] | None) -> None:
        args = self._args
        wanted = {
            f"{generation}-logs": (args.names.log_group(generation), args.log_days)
            for generation in (args.target_groups if args.shape.logs else ())
        }
        if args.audit.queries:
            wanted["audit"] = (args.names.audit_log_group, args.audit.retention_days)
        for suffix, (group, days) in wanted.items():
            aws.cloudwatch.LogGroup(
                self.child(suffix),
                name=group,
                retention_in_days=days,
                kms_key_id=key[0].arn if key else None,
                tags=self.tags(suffix),
                opts=self.child_opts(
                    # CloudWatch Logs tries the key when it is given one.
                    depends_on=[key[1]] if key else None,
                    aliases=[self._former(suffix)] if suffix != "audit" else None,
                ),
            )

    def _former(self, suffix: str) -> str:
        """Stacks from before this component have a generation's logs in its cluster."""
        names = self._args.names
        cluster = f"{names.stack}::{names.project}::millrace:index:Cluster"
        return f"urn:pulumi:{cluster}$aws:cloudwatch/logGroup:LogGroup::{self.child(suffix)}"

    def _topic(self, name: str, key: tuple[aws.kms.Key, aws.kms.KeyPolicy] | None) -> aws.sns.Topic:
        args = self._args
        topic = aws.sns.Topic(
            self.child("alarms"),
            kms_master_key_id=key[0].arn if key else None,
            tags=self.tags("alarms"),
            opts=self.child_opts(),
        )
        aws.sns.TopicPolicy(
            self.child("alarms"),
            arn=topic.arn,
            policy=topic.arn.apply(
                lambda arn: policies.as_json(watch_policies.topic(args.account, arn, f"{name}-*"))
            ),
            opts=self.child_opts(),
        )
        told = [("email", each) for each in args.shape.emails]
        told += [("https", each) for each in args.shape.webhooks]
        for protocol, whom in told:
            aws.sns.TopicSubscription(
                self.child(f"alarms-{whom}"),
                topic=topic.arn,
                protocol=protocol,
                endpoint=whom,
                opts=self.child_opts(),
            )
        return topic

    def _watch(self, generation: str, topic: pulumi.Output[str]) -> None:
        args = self._args
        arns = pulumi.Output.all(args.balancer, args.target_groups[generation])
        for alarm in _alarms.alarms(args.shape, args.minimum_workers[generation]):
            suffix = f"{generation}-{alarm.name}"
            aws.cloudwatch.MetricAlarm(
                self.child(suffix),
                alarm_description=alarm.description,
                namespace=alarm.namespace,
                metric_name=alarm.metric,
                dimensions=arns.apply(functools.partial(self._dimensions, alarm, generation)),
                statistic=alarm.statistic,
                comparison_operator=alarm.comparison,
                threshold=alarm.threshold,
                period=60,
                evaluation_periods=alarm.minutes,
                datapoints_to_alarm=alarm.minutes,
                treat_missing_data=alarm.missing,
                alarm_actions=[topic],
                ok_actions=[topic],
                tags=self.tags(suffix),
                opts=self.child_opts(),
            )

    def _dimensions(
        self, alarm: _alarms.Alarm, generation: str, arns: Sequence[str]
    ) -> Mapping[str, str]:
        balancer, target_group = arns
        return _alarms.dimensions(
            alarm,
            stack=self._args.names.stack,
            generation=generation,
            balancer=balancer,
            target_group=target_group,
        )

    def _dashboard(self, name: str) -> aws.cloudwatch.Dashboard:
        args = self._args
        arns = pulumi.Output.all(args.balancer, *args.target_groups.values())
        return aws.cloudwatch.Dashboard(
            self.child("dashboard"),
            dashboard_name=name,
            dashboard_body=arns.apply(self._body),
            opts=self.child_opts(),
        )

    def _body(self, arns: Sequence[str]) -> str:
        """What the dashboard shows: of the load balancer, and of its target groups in order."""
        args = self._args
        groups = [args.names.log_group(each) for each in args.target_groups]
        return dashboard(
            region=args.account.region,
            stack=args.names.stack,
            generations={
                generation: _alarms.at_balancer(arns[0], arn)
                for generation, arn in zip(args.target_groups, arns[1:], strict=True)
            },
            log_groups=groups if args.shape.logs else [],
            audit_log_group=args.names.audit_log_group if args.audit.queries else "",
        )
