"""`lakehouse chaos`: its arguments, and what it prints."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from ops import chaos
from ops.access import Access
from ops.chaos import Outcome, Wish
from ops.chaos_interrupt import NOTICE_SECONDS
from ops.context import OpsContext


def add_arguments(parser: argparse.ArgumentParser, reach: argparse.ArgumentParser) -> None:
    """`interrupt` and `soak`; `reach` has the arguments of all that reach machines."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--generation", default="", help="which one (default: the one in service)")
    common.add_argument(
        "--yes-production", action="store_true", help="also where people depend on the stack"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")

    once = actions.add_parser(
        "interrupt", parents=[common, reach], help="once, and wait for what ran at that moment"
    )
    how_many = once.add_mutually_exclusive_group()
    how_many.add_argument(
        "--workers", default="1", help="share or number, as 30%% or 2 (default: 1)"
    )
    how_many.add_argument("--count", type=_positive, default=0, help="number of workers")
    once.add_argument("--no-notice", action="store_true", help="end them at once")
    once.add_argument(
        "--notice-seconds",
        type=float,
        default=NOTICE_SECONDS,
        help="from notice to end, on a local cloud (default: %(default)s, as on AWS)",
    )
    once.add_argument(
        "--during-query",
        action="store_true",
        help="wait for a query in the middle of its work; start some where none runs",
    )
    once.add_argument("--json", action="store_true", help="print a JSON document")

    soak = actions.add_parser(
        "soak", parents=[common, reach], help="many, in every way and phase, and judge everything"
    )
    add_soak_arguments(soak)


def add_soak_arguments(soak: argparse.ArgumentParser) -> None:
    """What a soak can be told."""
    soak.add_argument(
        "--interruptions",
        type=_positive,
        default=100,
        help="machines to take (default: %(default)s)",
    )
    soak.add_argument(
        "--workers",
        type=_positive,
        default=3,
        help="size of the fleet meanwhile (default: %(default)s)",
    )
    soak.add_argument(
        "--notice-seconds",
        type=float,
        default=30.0,
        help="from notice to end, on a local cloud (default: %(default)g; AWS gives 120)",
    )
    soak.add_argument(
        "--minutes",
        type=float,
        default=240.0,
        help="take nobody after so many minutes, and judge (default: %(default)g)",
    )
    soak.add_argument("--report", type=Path, help="folder for report.md and report.json")


def run(
    context: OpsContext,
    access: Access,
    arguments: argparse.Namespace,
    log: Callable[[str], None],
) -> int:
    """Interrupt and tell. Returns 1 if a query failed."""
    wish = Wish(
        workers=str(arguments.count) if arguments.count else arguments.workers,
        notice=not arguments.no_notice,
        notice_seconds=arguments.notice_seconds,
        during_query=arguments.during_query,
        generation=arguments.generation,
        yes_production=arguments.yes_production,
    )
    outcome = chaos.interrupt(context, access, wish, _unsaid if arguments.json else log)
    log(json.dumps(to_mapping(outcome), indent=2) if arguments.json else chaos.render(outcome))
    return 1 if outcome.failed else 0


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        msg = f"{text}: give a number above 0"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _unsaid(text: str) -> None:
    """Standard output is the document's."""
    del text


def to_mapping(outcome: Outcome) -> dict[str, object]:
    """For `--json`."""
    return {
        "machines": [asdict(each) for each in outcome.machines],
        "how": outcome.how,
        "moment": outcome.moment,
        "queries": [
            {
                **asdict(each),
                "seconds": each.seconds,
                "stages_repeated": outcome.retries.get(each.operation, 0),
            }
            for each in outcome.queries
        ],
        "failures": list(outcome.failures),
    }
