"""The soak as a command: what it refuses, and what it leaves behind."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from benchmarks.interruption import soak
from benchmarks.interruption.record import markdown
from lakehouse.chaos import refuse_production
from ops.access import Access
from ops.chaos import chosen_generation
from ops.context import OpsContext


def run(
    context: OpsContext,
    access: Access,
    arguments: argparse.Namespace,
    log: Callable[[str], None],
) -> int:
    """Refuse, soak, write the report. Returns 1 if there is a problem."""
    outputs = context.outputs
    refuse_production(outputs.stack, outputs.chaos.production, confirmed=arguments.yes_production)
    found = soak.run(
        context,
        access,
        chosen_generation(outputs, arguments.generation),
        interruptions=arguments.interruptions,
        workers=arguments.workers,
        notice_seconds=arguments.notice_seconds,
        minutes=arguments.minutes,
        log=log,
    )
    page = markdown(found)
    if arguments.report:
        arguments.report.mkdir(parents=True, exist_ok=True)
        (arguments.report / "report.md").write_text(page)
        (arguments.report / "report.json").write_text(found.to_json())
    log(page)
    return 0 if found.passed else 1
