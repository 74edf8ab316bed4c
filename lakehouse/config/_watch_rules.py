"""Rules between the settings of logs, alarms and audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lakehouse.config._findings import Finding
from lakehouse.config.audit import AuditConfig
from lakehouse.config.observability import ObservabilityConfig

LOG_RETENTION_DAYS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
    2922, 3288, 3653,
)  # fmt: skip
"""What CloudWatch Logs offers (API reference, PutRetentionPolicy)."""


def retention(key: str, days: int) -> Iterator[Finding]:
    """A length that CloudWatch Logs does not offer."""
    if days not in LOG_RETENTION_DAYS:
        near = min(LOG_RETENTION_DAYS, key=lambda offered: abs(offered - days))
        rule = f"is not a length that CloudWatch Logs offers; give {near}, the nearest"
        yield Finding(key, rule, days)


def audit(section: AuditConfig) -> Iterator[Finding]:
    """The record of queries."""
    yield from retention("millrace:audit.retention_days", section.retention_days)


def observability(section: ObservabilityConfig) -> Iterator[Finding]:
    """Alarms and who is told."""
    told = {"emails": section.emails, "webhooks": section.webhooks}
    for name, whom in told.items():
        for each in sorted({each for each in whom if whom.count(each) > 1}):
            count = whom.count(each)
            yield Finding(
                f"millrace:observability.{name}", f"is written {count} times; write it once", each
            )
        if whom and not section.alarms:
            yield Finding(
                f"millrace:observability.{name}",
                "are to be told of alarms, and observability.alarms is off; turn it on",
            )
