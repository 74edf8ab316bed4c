"""`fairscheduler.xml`: the pools that a session may name in `spark.scheduler.pool`."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

POOLS: Final = {"default": 1, "interactive": 3, "etl": 1}
"""Name -> weight. People who wait weigh three times what schedules weigh."""


def render() -> str:
    """Every pool is fair inside too, or one session's queue would block its neighbours."""
    body = "".join(
        f"  <pool name={quoteattr(name)}>\n"
        "    <schedulingMode>FAIR</schedulingMode>\n"
        f"    <weight>{weight}</weight>\n"
        "    <minShare>0</minShare>\n"
        "  </pool>\n"
        for name, weight in POOLS.items()
    )
    return f'<?xml version="1.0"?>\n<allocations>\n{body}</allocations>\n'
