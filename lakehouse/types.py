"""Domain types of the stack's configuration: one rule each, with its remedy.

A validator raises `ValueError` with "rule; remedy": the text a person reads.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Final

from pydantic import AfterValidator

CHANNEL: Final = "channel:"
"""How an image reference begins that names a channel."""

WIDEST_CLIENTS: Final = 8
"""Shortest prefix of a network that may reach something: all of 10.0.0.0/8, and no more."""

_AMI = re.compile(r"ami-[0-9a-f]{8,17}")
_CHANNEL = re.compile(r"channel:[a-z][a-z0-9-]{0,30}")
_ZONE = re.compile(r"[a-z]{2}(-[a-z]+)+-\d[a-h]")
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_BUCKET = re.compile(r"(?=.{3,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_INSTANCE_TYPE = re.compile(
    r"[a-z][a-z0-9-]*\.(nano|micro|small|medium|metal|\d*x?large|metal-\d+xl)"
)
_USER = re.compile(r"[a-z][a-z0-9._-]{0,31}")
_SERVICE = re.compile(r"[a-z][a-z0-9.-]*(@[a-z]{2}(-[a-z]+)+-\d)?")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]{1,512}")
_POLICY = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]{1,512}")
_SERVICE_PRINCIPAL = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
_VPC = re.compile(r"vpc-[0-9a-f]{8,17}")
_SUBNET = re.compile(r"subnet-[0-9a-f]{8,17}")
_ROUTE_TABLE = re.compile(r"rtb-[0-9a-f]{8,17}")
_HOSTED_ZONE = re.compile(r"Z[A-Z0-9]{5,31}")
_TAG_KEY = re.compile(r"[\w .:/=+@-]{1,128}")
_TAG_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")


def _matching(pattern: re.Pattern[str], rule: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(rule)
        return value

    return check


def _vpc_cidr(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError:
        msg = "is no IPv4 network; write it as 10.42.0.0/16, with no host bits set"
        raise ValueError(msg) from None
    if not 16 <= network.prefixlen <= 20:
        msg = "a VPC of ours is /16 to /20, to hold eight zones of private subnets; give a /16"
        raise ValueError(msg)
    if not network.is_private:
        msg = (
            "is public address space; choose a range in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
        )
        raise ValueError(msg)
    return value


def _cidr(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError:
        msg = "is no IPv4 network; write it as 10.0.0.0/8, with no host bits set"
        raise ValueError(msg) from None
    if network.prefixlen < WIDEST_CLIENTS:
        msg = (
            f"lets the internet in, being wider than /{WIDEST_CLIENTS}; name the networks that "
            "your clients are in"
        )
        raise ValueError(msg)
    return value


def _alternative_name(value: str) -> str:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        if not _HOST.fullmatch(value):
            msg = "is neither a DNS name nor an IP address; write one of the two, in lower case"
            raise ValueError(msg) from None
    return value


def _tag_key(value: str) -> str:
    if value.lower().startswith(("aws:", "millrace:")):
        msg = "begins with a prefix that is taken (aws:, millrace:); choose another key"
        raise ValueError(msg)
    if not _TAG_KEY.fullmatch(value):
        msg = "is no tag key; use 1 to 128 letters, digits, spaces and . : / = + @ - _"
        raise ValueError(msg)
    return value


VpcCidr = Annotated[str, AfterValidator(_vpc_cidr)]
"""Private IPv4 range of a VPC."""

ClientCidr = Annotated[str, AfterValidator(_cidr)]
"""IPv4 range that may reach something."""

Zone = Annotated[
    str, AfterValidator(_matching(_ZONE, "is no availability zone; write it as eu-central-1a"))
]

Host = Annotated[
    str,
    AfterValidator(_matching(_HOST, "is no DNS name; use lower case labels joined by dots")),
]

AlternativeName = Annotated[str, AfterValidator(_alternative_name)]
"""DNS name or IP address in a certificate."""

Slug = Annotated[
    str,
    AfterValidator(
        _matching(_SLUG, "is no name; use lower case letters, digits and single hyphens")
    ),
]

BucketName = Annotated[
    str,
    AfterValidator(
        _matching(
            _BUCKET, "is no bucket name; use 3 to 63 lower case letters, digits and single hyphens"
        )
    ),
]

Identifier = Annotated[
    str,
    AfterValidator(
        _matching(_IDENTIFIER, "is no SQL name; use lower case letters, digits and underscores")
    ),
]
"""Catalog and namespace names: written in SQL without quotes."""

UserName = Annotated[
    str,
    AfterValidator(
        _matching(
            _USER, "is no user name; use up to 32 lower case letters, digits, dots and hyphens"
        )
    ),
]

InstanceType = Annotated[
    str,
    AfterValidator(_matching(_INSTANCE_TYPE, "is no EC2 instance type; write it as m7g.2xlarge")),
]


def _image(value: str) -> str:
    if not (_AMI.fullmatch(value) or _CHANNEL.fullmatch(value)):
        msg = "is no image; write channel:<name> (see `lakehouse image list`) or an id ami-..."
        raise ValueError(msg)
    return value


ImageReference = Annotated[str, AfterValidator(_image)]
"""`channel:<name>`, resolved at preview, or an image id."""

ServiceName = Annotated[
    str,
    AfterValidator(
        _matching(
            _SERVICE,
            "is no AWS service; write secretsmanager, or route53@us-east-1 for a global one",
        )
    ),
]

PrincipalArn = Annotated[
    str,
    AfterValidator(
        _matching(
            _PRINCIPAL,
            "is no IAM role or user; write its ARN as arn:aws:iam::123456789012:role/analyst",
        )
    ),
]

PolicyArn = Annotated[
    str,
    AfterValidator(
        _matching(
            _POLICY,
            "is no managed policy; write its ARN as arn:aws:iam::123456789012:policy/boundary",
        )
    ),
]

ServicePrincipal = Annotated[
    str,
    AfterValidator(
        _matching(_SERVICE_PRINCIPAL, "is no AWS service; write it as redshift.amazonaws.com")
    ),
]

VpcId = Annotated[
    str, AfterValidator(_matching(_VPC, "is no VPC; write its id as vpc-0a1b2c3d4e5f60718"))
]

SubnetId = Annotated[
    str,
    AfterValidator(_matching(_SUBNET, "is no subnet; write its id as subnet-0a1b2c3d4e5f60718")),
]

RouteTableId = Annotated[
    str,
    AfterValidator(
        _matching(_ROUTE_TABLE, "is no route table; write its id as rtb-0a1b2c3d4e5f60718")
    ),
]

HostedZoneId = Annotated[
    str,
    AfterValidator(
        _matching(_HOSTED_ZONE, "is no hosted zone; write its id as Z0123456789ABCDEFGHIJ")
    ),
]

TagKey = Annotated[str, AfterValidator(_tag_key)]

TagValue = Annotated[
    str,
    AfterValidator(
        _matching(
            _TAG_VALUE,
            "is no tag value; use up to 256 letters, digits, spaces and . : / = + @ - _",
        )
    ),
]


def architecture(instance_type: str) -> str:
    """`arm64` for Graviton types, else `x86_64`, from the type's name alone.

    The processor letter follows the generation's digit: m7**g**, r8**g**d, im4**g**n, t4**g**
    (EC2 user guide, "Instance type naming conventions"). `a1` is the exception.
    """
    family = instance_type.split(".", 1)[0]
    suffix = re.sub(r"^[a-z]+-?\d*[a-z]*?\d+", "", family)
    return "arm64" if family == "a1" or "g" in suffix.split("-")[0] else "x86_64"
