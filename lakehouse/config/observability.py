"""Settings of what is known of a running stack: logs, alarms and who is told."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from lakehouse.config._settings import Section, setting
from lakehouse.effects import Effect

_EMAIL = re.compile(r"[^@\s]{1,64}@[\w.-]{1,180}\.[a-z]{2,24}")
_HTTPS = re.compile(r"https://[\w.-]{1,253}(:\d{1,5})?(/[!-~]{0,1500})?")


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        msg = "is no address of a person or list; write it as oncall@example.com"
        raise ValueError(msg)
    return value


def _webhook(value: str) -> str:
    if not _HTTPS.fullmatch(value):
        msg = "is no HTTPS URL; write it as https://events.example.com/alarms"
        raise ValueError(msg)
    return value


Email = Annotated[str, AfterValidator(_email)]
HttpsUrl = Annotated[str, AfterValidator(_webhook)]


class ObservabilityConfig(Section):
    """Logs of the machines, alarms over their figures, one dashboard."""

    logs: bool = setting(
        "Whether machines send their logs to CloudWatch Logs; else they keep them to themselves. "
        "The record of who ran what is audit.queries.",
        default=True,
        effect=Effect.SWAP_LEADER,
    )
    encrypt: bool = setting(
        "Whether logs and alarms are encrypted with a key of the stack's own.",
        default=True,
        effect=Effect.IN_PLACE,
    )
    alarms: bool = setting(
        "Whether there are alarms and a topic that tells of them.",
        default=True,
        effect=Effect.IN_PLACE,
    )
    emails: tuple[Email, ...] = setting(
        "Addresses that are told of alarms. AWS asks each for consent first.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=20,
    )
    webhooks: tuple[HttpsUrl, ...] = setting(
        "HTTPS URLs that are told of alarms, such as an incident tool's.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=20,
    )
    dashboard: bool = setting(
        "Whether there is a dashboard.",
        default=True,
        effect=Effect.IN_PLACE,
    )
    heap_percent: int = setting(
        "Share of the Connect server's heap that is still in use after a collection and raises "
        "an alarm.",
        default=85,
        effect=Effect.IN_PLACE,
        ge=50,
        le=99,
    )
    sessions: int = setting(
        "Sessions that raise an alarm when there are more. A server keeps 25 for certain; from "
        "there on it may end one that is in use.",
        default=20,
        effect=Effect.IN_PLACE,
        ge=1,
        le=100,
    )
    starved_minutes: int = setting(
        "Minutes for which workers that were asked for may be missing before an alarm is raised.",
        default=15,
        effect=Effect.IN_PLACE,
        ge=1,
        le=1440,
    )
