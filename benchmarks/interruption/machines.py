"""What interrupted machines wrote before they went, as the account has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ops.context import OpsContext

SAYS: Final = {
    "saw the notice and drained": "draining,",
    "had no executor left in time": "drained in",
    "sent the last line before they went": "leaving once this line was sent",
}
"""What is counted, and the words of the worker's agent for it."""

NOT_DRAINED: Final = "not drained in"
AT_THE_END: Final = "still had one: it ran a task, moved files or served their last readers"


def judge(
    context: OpsContext, generation: str, noticed: Iterable[str]
) -> tuple[dict[str, int], list[str]]:
    """Count what machines with notice say; those that say nothing are problems."""
    group = context.outputs.watch.log_groups.get(generation, "")
    wanted = sorted(noticed)
    if not group or not wanted:
        return {}, []
    counts = {"had notice": len(wanted), **dict.fromkeys(SAYS, 0), AT_THE_END: 0}
    problems = []
    with context.inside():
        logs = context.account.client("logs")
        for instance in wanted:
            text = "\n".join(_lines(logs, group, f"{generation}/worker/{instance}"))
            for name, words in SAYS.items():
                counts[name] += words in text.replace(NOT_DRAINED, "")
            counts[AT_THE_END] += NOT_DRAINED in text
            if SAYS["saw the notice and drained"] not in text:
                problems.append(f"{instance} had notice and its logs do not say so")
    return counts, problems


def _lines(logs: Any, group: str, prefix: str) -> list[str]:
    found: list[str] = []
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)
    for stream in streams["logStreams"]:
        events = logs.get_log_events(
            logGroupName=group,
            logStreamName=stream["logStreamName"],
            limit=10000,
            startFromHead=False,
        )["events"]
        found += [each["message"] for each in events]
    return found
