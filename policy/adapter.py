"""The rules as policies of a Pulumi policy pack; the pack's SDK is passed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policy.resource import Resource
from policy.rules import RESOURCE_RULES, STACK_RULES, ResourceRule, StackRule

_Report = Callable[..., None]


def policies(sdk: Any) -> list[Any]:
    """One policy per rule, made with the classes of `pulumi_policy`."""
    return [
        *(
            sdk.ResourceValidationPolicy(
                name=rule.name, description=rule.demand, validate=_of_resource(rule)
            )
            for rule in RESOURCE_RULES
        ),
        *(
            sdk.StackValidationPolicy(
                name=rule.name, description=rule.demand, validate=_of_stack(rule)
            )
            for rule in STACK_RULES
        ),
    ]


def _of_resource(rule: ResourceRule) -> Callable[[Any, _Report], None]:
    def validate(args: Any, report: _Report) -> None:
        for message in rule.check(_resource(args)):
            report(message)

    return validate


def _of_stack(rule: StackRule) -> Callable[[Any, _Report], None]:
    def validate(args: Any, report: _Report) -> None:
        for finding in rule.check([_resource(each) for each in args.resources]):
            report(finding.message, finding.resource.urn)

    return validate


def _resource(args: Any) -> Resource:
    """A resource of the engine; properties that are not known yet raise when they are read."""
    return Resource(
        type=args.resource_type,
        name=args.name,
        properties=args.props,
        protect=args.opts.protect,
        urn=args.urn,
    )
