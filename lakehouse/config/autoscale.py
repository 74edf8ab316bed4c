"""Settings of the autoscaler: when workers come, when they go, and where they come from."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from lakehouse.boot import SCHEDULE_ENTRY
from lakehouse.config._settings import Section, setting
from lakehouse.effects import Effect

_SCHEDULE_ENTRY = re.compile(SCHEDULE_ENTRY)


def _schedule_entry(value: str) -> str:
    if not _SCHEDULE_ENTRY.fullmatch(value):
        msg = "is no entry of a schedule; write days, hours and workers as mon-fri 07:00-19:00 4"
        raise ValueError(msg)
    return value


ScheduleEntry = Annotated[str, AfterValidator(_schedule_entry)]


class AutoscaleConfig(Section):
    """The leader sizes its fleet between workers.minimum and workers.maximum."""

    enabled: bool = setting(
        "Whether the leader changes the number of workers.",
        default=False,
        effect=Effect.SWAP_LEADER,
    )
    idle_seconds: int = setting(
        "A worker that ran nothing for so many seconds leaves.",
        default=300,
        effect=Effect.SWAP_LEADER,
        ge=10,
        le=86400,
    )
    cooldown_seconds: int = setting(
        "Seconds after growing in which nobody leaves; what stays must carry the highest demand "
        "of this time. Less is cheaper and lets a fleet go that is needed again soon.",
        default=600,
        effect=Effect.SWAP_LEADER,
        ge=10,
        le=86400,
    )
    backlog_seconds: int = setting(
        "Seconds that tasks must wait before workers are added. The first worker of an idle "
        "cluster comes at once.",
        default=10,
        effect=Effect.SWAP_LEADER,
        ge=0,
        le=3600,
    )
    tasks_per_core: int = setting(
        "Waiting tasks that one core is expected to work off; less is faster and dearer.",
        default=2,
        effect=Effect.SWAP_LEADER,
        ge=1,
        le=100,
    )
    fallback_seconds: int = setting(
        "Seconds after which spot machines that did not come are taken on demand.",
        default=150,
        effect=Effect.SWAP_LEADER,
        ge=30,
        le=86400,
    )
    return_seconds: int = setting(
        "Seconds on demand before spot is tried again; doubled with every failure.",
        default=1800,
        effect=Effect.SWAP_LEADER,
        ge=60,
        le=86400,
    )
    one_zone: bool = setting(
        "Launch into one zone while it has capacity: shuffles between zones cost money.",
        default=True,
        effect=Effect.SWAP_LEADER,
    )
    zone_seconds: int = setting(
        "Seconds after which machines that did not come are launched in the next zone too.",
        default=60,
        effect=Effect.SWAP_LEADER,
        ge=15,
        le=86400,
    )
    replacements: int = setting(
        "Most replacements of running workers that begin within replacement_seconds, however "
        "many rebalance recommendations come.",
        default=4,
        effect=Effect.SWAP_LEADER,
        ge=0,
        le=1000,
    )
    replacement_seconds: int = setting(
        "Window of the bound on replacements.",
        default=600,
        effect=Effect.SWAP_LEADER,
        ge=60,
        le=86400,
    )
    schedule: tuple[ScheduleEntry, ...] = setting(
        "Times with more workers at least, in UTC, such as 'mon-fri 07:00-19:00 4'; the largest "
        "that holds counts.",
        factory=tuple,
        effect=Effect.SWAP_LEADER,
        max_length=20,
    )
