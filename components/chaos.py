"""Chaos: experiments that take spot workers, for `lakehouse chaos` to start. Off by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pulumi
import pulumi_aws as aws

from components._base import LakehouseComponent
from lakehouse import chaos_policies, policies
from lakehouse.chaos import VICTIM, VICTIM_TAG
from lakehouse.config import ChaosConfig
from lakehouse.names import ROLE_NAME, Names, fit

TARGET: Final = "workers"

NOTICE: Final = "PT2M"
"""From the notice to the end: what spot gives (FIS takes 2 to 15 minutes)."""

_ALARM_MINUTES: Final = 3


@dataclass(frozen=True, kw_only=True)
class ChaosArgs:
    """Inputs of `Chaos`."""

    account: policies.Account
    """Where it is."""
    names: Names
    """Of the stack: machines carry its tags."""
    shape: ChaosConfig
    """Whether there are experiments, as the owner describes it."""
    generations: Sequence[str]
    """Each has experiments of its own."""
    permissions_boundary: str = ""
    """Policy that bounds the role; empty: none does."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child that takes them."""


class Chaos(LakehouseComponent):
    """Two experiments a generation: with notice and without. An alarm stops both.

    An experiment takes machines that have the tag of chosen ones, which nothing has until an
    operator's command sets it: started by hand, it takes nobody.
    """

    experiments: pulumi.Output[Mapping[str, Mapping[str, str]]]
    """Generation -> `notice` and `abrupt` -> id of the template."""

    def __init__(
        self, name: str, args: ChaosArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.tags, opts)
        self._args = args
        role = self._role()
        self.experiments = pulumi.Output.all(
            **{each: self._of(each, role) for each in args.generations}
        )
        self.publish()

    @classmethod
    def where_asked(
        cls, name: str, args: ChaosArgs, opts: pulumi.ResourceOptions | None = None
    ) -> Chaos | None:
        """The component, or nothing at all for a stack without experiments."""
        return cls(name, args, opts) if args.shape.enabled else None

    def _role(self) -> aws.iam.Role:
        args, suffix = self._args, "chaos"
        role = aws.iam.Role(
            fit(self.child(suffix), ROLE_NAME),
            description="Takes spot workers of this stack when an experiment is started",
            assume_role_policy=policies.as_json(chaos_policies.assume_by_fis(args.account)),
            permissions_boundary=args.permissions_boundary or None,
            tags=self.tags(suffix),
            opts=self.child_opts(),
        )
        aws.iam.RolePolicy(
            self.child(suffix),
            role=role.id,
            policy=policies.as_json(
                chaos_policies.experiments(
                    args.account, {**args.names.tags({}), **self._workers, VICTIM_TAG: VICTIM}
                )
            ),
            opts=self.child_opts(),
        )
        return role

    @property
    def _workers(self) -> dict[str, str]:
        return {"millrace:role": "worker"}

    def _of(self, generation: str, role: aws.iam.Role) -> pulumi.Output[Mapping[str, str]]:
        alarm = self._alarm(generation)
        return pulumi.Output.all(
            notice=self._experiment(
                generation,
                "notice",
                role,
                alarm,
                resource_type="aws:ec2:spot-instance",
                action_id="aws:ec2:send-spot-instance-interruptions",
                target_key="SpotInstances",
                parameters={"durationBeforeInterruption": NOTICE},
            ),
            abrupt=self._experiment(
                generation,
                "abrupt",
                role,
                alarm,
                resource_type="aws:ec2:instance",
                action_id="aws:ec2:terminate-instances",
                target_key="Instances",
                parameters={},
            ),
        )

    def _alarm(self, generation: str) -> aws.cloudwatch.MetricAlarm:
        """While the leader cannot answer its own query, nobody takes its workers, too."""
        suffix = f"{generation}-chaos"
        return aws.cloudwatch.MetricAlarm(
            self.child(suffix),
            alarm_description="The leader does not answer: experiments stop and do not start.",
            namespace=policies.METRICS_NAMESPACE,
            metric_name="Healthy",
            dimensions={"Stack": self._args.names.stack, "Generation": generation},
            statistic="Maximum",
            comparison_operator="LessThanThreshold",
            threshold=1,
            period=60,
            evaluation_periods=_ALARM_MINUTES,
            treat_missing_data="breaching",
            tags=self.tags(suffix),
            opts=self.child_opts(),
        )

    def _experiment(
        self,
        generation: str,
        how: str,
        role: aws.iam.Role,
        alarm: aws.cloudwatch.MetricAlarm,
        *,
        resource_type: str,
        action_id: str,
        target_key: str,
        parameters: Mapping[str, str],
    ) -> pulumi.Output[str]:
        suffix = f"{generation}-{how}"
        wanted = {
            **self._args.names.tags({}),
            **self._workers,
            "millrace:generation": generation,
            VICTIM_TAG: VICTIM,
        }
        template = aws.fis.ExperimentTemplate(
            self.child(suffix),
            description=f"Spot workers of {generation} that are tagged {VICTIM_TAG}, {how}",
            role_arn=role.arn,
            targets=[
                aws.fis.ExperimentTemplateTargetArgs(
                    name=TARGET,
                    resource_type=resource_type,
                    selection_mode="ALL",
                    resource_tags=[
                        aws.fis.ExperimentTemplateTargetResourceTagArgs(key=key, value=value)
                        for key, value in sorted(wanted.items())
                    ],
                    filters=[
                        aws.fis.ExperimentTemplateTargetFilterArgs(
                            path="State.Name", values=["running"]
                        )
                    ],
                )
            ],
            actions=[
                aws.fis.ExperimentTemplateActionArgs(
                    name=how,
                    action_id=action_id,
                    target=aws.fis.ExperimentTemplateActionTargetArgs(key=target_key, value=TARGET),
                    parameters=[
                        aws.fis.ExperimentTemplateActionParameterArgs(key=key, value=value)
                        for key, value in sorted(parameters.items())
                    ],
                )
            ],
            stop_conditions=[
                aws.fis.ExperimentTemplateStopConditionArgs(
                    source="aws:cloudwatch:alarm", value=alarm.arn
                )
            ],
            tags=self.tags(suffix),
            opts=self.child_opts(),
        )
        return template.id
