"""Settings of the endpoint and of the account."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from lakehouse import ports, timeouts
from lakehouse.config._settings import Section, setting
from lakehouse.effects import Effect
from lakehouse.types import AlternativeName


class EndpointConfig(Section):
    """The load balancer that clients talk to."""

    idle_timeout_seconds: int = setting(
        "Seconds after which the load balancer forgets a silent connection, 120 to 6000: longer "
        "than clients are silent, who ping every 60.",
        default=timeouts.IDLE_SECONDS,
        effect=Effect.IN_PLACE,
        ge=timeouts.SHORTEST_IDLE_SECONDS,
        le=timeouts.LONGEST_IDLE_SECONDS,
    )
    drain_seconds: int = setting(
        "Seconds that open connections keep a target that is being taken out, 0 to 3600.",
        default=300,
        effect=Effect.IN_PLACE,
        ge=0,
        le=3600,
    )
    advertised_host: AlternativeName | None = setting(
        "Name or address that clients are told; unset means connect.<zone_name>.",
        default=None,
        effect=Effect.NONE,
    )
    advertised_port: int = setting(
        "Port that clients are told, where something in front of the endpoint changes it.",
        default=ports.ENDPOINT,
        effect=Effect.NONE,
        ge=1,
        le=65535,
    )
    additional_names: tuple[AlternativeName, ...] = setting(
        "Further names and addresses in the gateway's certificate. A change takes effect "
        "with the next access.certificate_rotation.",
        default=(),
        effect=Effect.NONE,
        max_length=50,
    )


def _url(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        msg = "is no URL; write it as http://192.0.2.10:4566, or leave it out on AWS"
        raise ValueError(msg)
    return value


class AwsConfig(Section):
    """The account's API."""

    endpoint_url: Annotated[str, AfterValidator(_url)] = setting(
        "URL at which machines reach the AWS API; empty on AWS.",
        default="",
        effect=Effect.SWAP_LEADER,
    )
