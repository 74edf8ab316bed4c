"""Names for resources whose program gave none: the logical name and a suffix from the seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from toolchain.awsplugin.model import Binding

DEFAULTS: Final = "__defaults"
"""The input that lists which properties were chosen here and not by the program."""

_SUFFIX: Final = 7


@dataclass(frozen=True, slots=True)
class Rule:
    """How a type is named: the attribute, its limit, and what AWS allows."""

    attribute: str = "name"
    limit: int = 255
    lower: bool = False
    prefix: str = ""
    fifo: bool = False


RULES: Final[Mapping[str, Rule]] = {
    "aws_alb": Rule(limit=32),
    "aws_alb_target_group": Rule(limit=32),
    "aws_cloudwatch_event_rule": Rule(limit=64),
    "aws_cloudwatch_log_group": Rule(limit=512),
    "aws_cloudwatch_metric_alarm": Rule("alarm_name"),
    "aws_db_instance": Rule("identifier", limit=63, lower=True),
    "aws_elb": Rule(limit=32),
    "aws_iam_instance_profile": Rule(limit=128),
    "aws_iam_policy": Rule(limit=128),
    "aws_iam_role": Rule(limit=64),
    "aws_iam_role_policy": Rule(limit=128),
    "aws_kms_alias": Rule(prefix="alias/"),
    "aws_lambda_function": Rule("function_name", limit=64),
    "aws_launch_template": Rule(limit=128),
    "aws_lb": Rule(limit=32),
    "aws_lb_target_group": Rule(limit=32),
    "aws_s3_bucket": Rule("bucket", limit=63, lower=True),
    "aws_s3tables_table_bucket": Rule(limit=63, lower=True),
    "aws_secretsmanager_secret": Rule(limit=512),
    "aws_sfn_state_machine": Rule(limit=80),
    "aws_sns_topic": Rule(limit=256, fifo=True),
    "aws_sqs_queue": Rule(limit=80, fifo=True),
}
_NEVER: Final = frozenset({"aws_acm_certificate", "aws_route53_record"})
_DEFAULT: Final = Rule()


def property_of(binding: Binding) -> str | None:
    """The Pulumi property that gets an automatic name, if this type has one.

    A name that the SDK makes the program give is the program's; so is one that AWS computes.
    """
    member = binding.root.fields.get(_rule(binding).attribute)
    if (
        binding.tf_type in _NEVER
        or member is None
        or member.name is None
        or member.name in binding.required
        or member.type.kind != "string"
        or not member.settable
    ):
        return None
    return member.name


def apply(
    binding: Binding, urn: str, seed: bytes, news: Mapping[str, Any], olds: Mapping[str, Any]
) -> dict[str, Any]:
    """The inputs with a name and with the list of what was chosen."""
    out = {key: value for key, value in news.items() if key != DEFAULTS}
    name = property_of(binding)
    chosen: list[str] = []
    if name is not None and not any(out.get(key) is not None for key in (name, f"{name}Prefix")):
        kept = olds.get(name) if name in (olds.get(DEFAULTS) or ()) else None
        out[name] = kept if kept is not None else _new(binding, urn, seed, out)
        chosen = [name]
    return {**out, DEFAULTS: chosen}


def fixed(binding: Binding, news: Mapping[str, Any], olds: Mapping[str, Any]) -> bool:
    """Whether old and new would carry the same name, chosen by the program."""
    name = property_of(binding) or next(
        (f.name for f in binding.root.fields.values() if f.tf == "name" and f.settable), None
    )
    if name is None or news.get(name) is None or name in (news.get(DEFAULTS) or ()):
        return False
    return bool(news.get(name) == olds.get(name))


def _rule(binding: Binding) -> Rule:
    return RULES.get(binding.tf_type, _DEFAULT)


def _new(binding: Binding, urn: str, seed: bytes, inputs: Mapping[str, Any]) -> str:
    rule = _rule(binding)
    tail = "-" + hashlib.sha256(seed or urn.encode()).hexdigest()[:_SUFFIX]
    if rule.fifo and inputs.get("fifoTopic" if "sns" in binding.tf_type else "fifoQueue") is True:
        tail += ".fifo"
    base = urn.rpartition("::")[2]
    if rule.lower:
        base = base.lower()
    return rule.prefix + base[: rule.limit - len(tail) - len(rule.prefix)] + tail
