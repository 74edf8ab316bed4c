"""`log4j2.properties`: to standard error, where the journal adds time and unit.

One event is one line, with stack traces joined by bars: else a message that holds line breaks
could write lines of its own, and so forge the audit's.
"""

from __future__ import annotations

from typing import Final

AUDIT_MARK: Final = "MILLRACE-AUDIT "
"""What the lines of the audit begin with; every other line begins with its level."""

_AUDIT_LOGGER: Final = "io.millrace.audit"

# Below the 48 KiB at which the journal breaks a line, whatever the characters take.
_LONGEST: Final = 11_000
_TEXT: Final = r"%replace{%replace{%m%n%ex}{\\s+$}{}}{\\s*[\\r\\n]+\\s*}{ | }"

_INFO: Final = {
    "deploy": "org.apache.spark.deploy",
    "connect": "org.apache.spark.sql.connect.service.SparkConnectServer",
    "executors": "org.apache.spark.scheduler.cluster",
    "decommission": "org.apache.spark.storage.BlockManagerDecommissioner",
}
"""Who comes, who goes and why: what an operator looks for first."""


def render() -> str:
    """Warnings from everything, information from what explains the fleet."""
    lines = [
        "rootLogger.level = warn",
        "rootLogger.appenderRef.stderr.ref = console",
        "appender.console.type = Console",
        "appender.console.name = console",
        "appender.console.target = SYSTEM_ERR",
        "appender.console.layout.type = PatternLayout",
        "appender.console.layout.alwaysWriteExceptions = false",
        f"appender.console.layout.pattern = %p %c{{1}}: %maxLen{{{_TEXT}}}{{{_LONGEST}}}%n",
        "appender.audit.type = Console",
        "appender.audit.name = audit",
        "appender.audit.target = SYSTEM_ERR",
        "appender.audit.layout.type = PatternLayout",
        f"appender.audit.layout.pattern = {AUDIT_MARK}%m%n",
        f"logger.audit.name = {_AUDIT_LOGGER}",
        "logger.audit.level = info",
        "logger.audit.additivity = false",
        "logger.audit.appenderRef.audit.ref = audit",
    ]
    for name, logger in _INFO.items():
        lines += [f"logger.{name}.name = {logger}", f"logger.{name}.level = info"]
    return "\n".join(lines) + "\n"
