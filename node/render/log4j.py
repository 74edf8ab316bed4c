"""`log4j2.properties`: to standard error, where the journal adds time and unit."""

from __future__ import annotations

from typing import Final

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
        "appender.console.layout.pattern = %p %c{1}: %m%n%ex",
    ]
    for name, logger in _INFO.items():
        lines += [f"logger.{name}.name = {logger}", f"logger.{name}.level = info"]
    return "\n".join(lines) + "\n"
