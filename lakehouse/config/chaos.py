"""Settings of interruptions on purpose."""

from __future__ import annotations

from lakehouse.config._settings import Section, setting
from lakehouse.effects import Effect


class ChaosConfig(Section):
    """Experiments of AWS's Fault Injection Service, which `lakehouse chaos` starts."""

    enabled: bool = setting(
        "Whether the stack has experiments that take spot workers, and a role for them.",
        default=False,
        effect=Effect.IN_PLACE,
    )
    production: bool | None = setting(
        "Whether people depend on the stack, so that `lakehouse chaos` must be told twice. Without "
        "a word its tag environment says it (prod, production, live), or its name; protected "
        "tables without that tag count as production.",
        default=None,
        effect=Effect.NONE,
    )
