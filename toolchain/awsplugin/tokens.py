"""Which Terraform type a Pulumi token stands for.

The bridge's own table is not part of the SDK, so it is worked out: first by name, then, where no
name fits, by likeness of names and properties. The answer is refused when it is not convincing.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Collection, Iterable
from typing import Final

from toolchain.awsplugin.names import candidates

FIXED: Final = {
    "aws:alb/loadBalancer:LoadBalancer": "aws_alb",
    "aws:cfg/recorder:Recorder": "aws_config_configuration_recorder",
    "aws:directconnect/hostedTransitVirtualInterfaceAcceptor:HostedTransitVirtualInterfaceAcceptor": (  # noqa: E501
        "aws_dx_hosted_transit_virtual_interface_accepter"
    ),
    "aws:directconnect/linkAggregationGroup:LinkAggregationGroup": "aws_dx_lag",
    "aws:ec2/dedicatedHost:DedicatedHost": "aws_ec2_host",
    "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment": (
        "aws_network_interface_sg_attachment"
    ),
    "aws:ec2transitgateway/instanceState:InstanceState": "aws_ec2_instance_state",
    "aws:elb/loadBalancer:LoadBalancer": "aws_elb",
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:ram/sharingWithOrganization:SharingWithOrganization": "aws_ram_sharing_with_organization",
    "aws:s3/bucket:Bucket": "aws_s3_bucket",
    "aws:s3/bucketObject:BucketObject": "aws_s3_bucket_object",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:s3/bucketV2:BucketV2": "aws_s3_bucket",
}
"""Tokens that neither names nor properties can tell apart."""

_MODULES: Final = {
    "amp": ("prometheus",),
    "apigateway": ("api_gateway",),
    "applicationloadbalancing": ("alb",),
    "autoscaling": ("autoscaling", ""),
    "bcmdata": ("bcmdataexports",),
    "cfg": ("config",),
    "cloudcontrol": ("cloudcontrolapi",),
    "cloudhsmv2": ("cloudhsm_v2",),
    "cloudwatch": ("cloudwatch", "cloudwatch_event", "cloudwatch_log"),
    "costexplorer": ("ce",),
    "directconnect": ("dx",),
    "directoryservice": ("directory_service",),
    "ebs": ("ebs", ""),
    "ec2": ("", "ec2", "vpc"),
    "ec2clientvpn": ("ec2_client_vpn",),
    "ec2transitgateway": ("ec2_transit_gateway",),
    "elasticbeanstalk": ("elastic_beanstalk",),
    "elasticloadbalancing": ("elb",),
    "elasticloadbalancingv2": ("lb",),
    "elb": ("elb", "load_balancer", "lb"),
    "index": ("",),
    "kinesis": ("kinesis", "kinesis_analytics"),
    "lex": ("lexv2models", "lex"),
    "mediaconvert": ("media_convert",),
    "mediapackage": ("media_package",),
    "mediapackagev2": ("media_packagev2",),
    "mediastore": ("media_store",),
    "opensearchingest": ("osis",),
    "rds": ("rds", "db"),
    "resourceexplorer": ("resourceexplorer2",),
    "route53recoverycontrol": ("route53recoverycontrolconfig",),
    "serverlessrepository": ("serverlessapplicationrepository",),
    "servicediscovery": ("service_discovery",),
}
# Every type has these, so they say nothing about which one it is.
_COMMON: Final = frozenset({"id", "tags", "tags_all", "tagsAll", "region", "urn", "arn"})
_SHORTLIST: Final = 60
_EXACT_FLOOR: Final = 0.5
_LIKENESS_FLOOR: Final = 0.85

Attributes = Callable[[str], Collection[str]]
"""Terraform type -> the names of its attributes and blocks."""


@functools.cache
def _plain(text: str) -> str:
    return re.sub("[^a-z0-9]", "", text.lower())


def _parts(token: str) -> tuple[str, str]:
    _, module, name = token.split(":")
    if name.startswith("get"):
        name = name[3:]
    return module.split("/")[0], name


def _spellings(token: str) -> list[str]:
    module, name = _parts(token)
    prefixes = (*_MODULES.get(module, ()), module)
    # Pulumi kept two generations of some types under one Terraform type.
    names = [name, name.removesuffix("V2")] if name.endswith("V2") else [name]
    full = [_plain(prefix + each) for each in names for prefix in prefixes]
    return list(dict.fromkeys([*full, _plain(name)]))


def _full_name(token: str) -> str:
    module, name = _parts(token)
    return _plain(module + name)


def resolve(
    token: str,
    properties: Collection[str],
    types: Iterable[str],
    attributes: Attributes,
    known: Iterable[str] = (),
) -> str | None:
    """The Terraform type behind a token, or None where the provider has none.

    `known` are the SDK's tokens: a type whose name is that of another token is that token's.
    """
    pool = {name: _plain(name.removeprefix("aws_")) for name in types}
    if FIXED.get(token) in pool:
        return FIXED[token]
    wanted = frozenset(properties)
    spellings = _spellings(token)
    exact = {name: agreement(wanted, attributes(name)) for name in pool if pool[name] in spellings}
    if exact:
        best = max(exact, key=lambda name: (exact[name], -spellings.index(pool[name])))
        if exact[best] >= _EXACT_FLOOR:
            return best
    # A renamed type shares nearly all of its properties; a merely related one does not.
    claimed = {_full_name(other) for other in known if other != token}
    free = [name for name in pool if pool[name] not in claimed]
    near = sorted(free, key=lambda name: _likeness(spellings, pool[name]), reverse=True)
    scores = {
        name: 0.5 * _likeness(spellings, pool[name]) + 0.5 * agreement(wanted, attributes(name))
        for name in near[:_SHORTLIST]
    }
    best = max(scores, key=lambda name: scores[name], default="")
    if not best:
        return None
    return best if scores[best] >= _LIKENESS_FLOOR else None


def nearest(token: str, types: Iterable[str]) -> list[str]:
    """The types whose names come closest, for an error message."""
    spellings = _spellings(token)
    pool = {name: _plain(name.removeprefix("aws_")) for name in types}
    return sorted(pool, key=lambda name: _likeness(spellings, pool[name]), reverse=True)[:3]


def _likeness(spellings: list[str], name: str) -> float:
    return max(difflib.SequenceMatcher(None, item, name).ratio() for item in spellings)


def agreement(properties: frozenset[str], attributes: Collection[str]) -> float:
    """How much of both sides has a counterpart on the other, from 0 to 1."""
    ours = properties - _COMMON
    theirs = [frozenset(candidates(name)) for name in attributes if name not in _COMMON]
    if not ours and not theirs:
        return 1.0
    matched = sum(1 for names in theirs if not ours.isdisjoint(names))
    explained = len(ours & frozenset[str]().union(*theirs))
    return 0.5 * (matched / max(1, len(theirs)) + explained / max(1, len(ours)))
