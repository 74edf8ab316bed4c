"""Settings of the audit: who ran what, and who touched which table."""

from __future__ import annotations

from lakehouse.config._settings import Section, setting
from lakehouse.effects import Effect


class AuditConfig(Section):
    """The record of queries, kept by the gateway and the server; the record of data, by AWS."""

    queries: bool = setting(
        "Whether the record of who ran what goes to CloudWatch Logs, also where "
        "observability.logs keeps other logs on the machines; else it goes with its machine.",
        default=True,
        effect=Effect.SWAP_LEADER,
    )
    retention_days: int = setting(
        "Days that the record of who ran what is kept, in a length that CloudWatch Logs offers.",
        default=365,
        effect=Effect.IN_PLACE,
    )
    statements: bool = setting(
        "Whether the record holds the statements themselves, and logs the errors that quote "
        "them. They contain data; without them, equal statements have equal fingerprints.",
        default=False,
        effect=Effect.SWAP_LEADER,
    )
    trail: bool = setting(
        "Whether CloudTrail records every access to the tables, in a bucket of its own. AWS "
        "charges by the event.",
        default=False,
        effect=Effect.IN_PLACE,
    )
    trail_days: int = setting(
        "Days that those records are kept.",
        default=365,
        effect=Effect.IN_PLACE,
        ge=1,
        le=3650,
    )
    protect: bool = setting(
        "Whether Pulumi refuses to delete those records and the key of the logs.",
        default=True,
        effect=Effect.NONE,
    )
