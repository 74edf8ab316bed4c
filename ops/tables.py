"""`lakehouse tables`: how tables are looked after, and that they are looked after as meant."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lakehouse.config import CatalogConfig, LakehouseConfig
from lakehouse.names import Names
from lakehouse.policies import Account as Place
from lakehouse.tiers import Tier, tiers
from ops import table_maintenance
from ops.context import open_account
from ops.grants import PROJECT, read_settings
from ops.redact import Redactor
from ops.table_maintenance import Row, S3Tables, State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("subject", choices=("maintenance",), help="what of the tables")
    parser.add_argument(
        "action",
        choices=("show", "apply"),
        help="show: compare tables with what the stack file says; apply: set it where nobody set "
        "anything else, after showing what that changes",
    )
    parser.add_argument("--catalog", default="", help="only this catalog (default: every one)")
    parser.add_argument("--all", action="store_true", help="tables that are as meant, too")
    parser.add_argument("--jobs", action="store_true", help="show what maintenance did last")
    parser.add_argument("--yes", action="store_true", help="apply: do it")
    parser.add_argument(
        "--every", action="store_true", help="apply: also over what somebody set by hand"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document")


def run(arguments: argparse.Namespace, redactor: Redactor) -> tuple[str, int]:
    """What to print, and the exit code: 1 when something is not as meant, or was refused."""
    config = LakehouseConfig.from_pulumi(read_settings(arguments.stack))
    names = Names(project=PROJECT, stack=arguments.stack)
    chosen = table_maintenance.chosen(tiers(config.catalog, names), arguments.catalog)
    context = open_account(arguments.stack, cloud=arguments.cloud, redactor=redactor)
    refused: Sequence[str] = ()
    with context.inside():
        number = str(context.account.client("sts").get_caller_identity()["Account"])
        place = Place(region=config.region, account_id=number)
        service = S3Tables(context.account.client("s3tables"))
        rows = table_maintenance.rows(
            service, chosen, place, config.catalog.time_travel_days, jobs=arguments.jobs
        )
        due = [row for row in rows if row.due or (arguments.every and row.state is State.OWN)]
        is_done = arguments.action == "apply" and arguments.yes
        if is_done:
            refused = table_maintenance.apply(service, due)
    if arguments.json:
        return json.dumps(_document(rows, due, refused), indent=2), _code(
            rows, due, refused, is_done
        )
    shown = rows if arguments.all else [row for row in rows if row.is_noteworthy]
    if arguments.action == "apply":
        shown = due
    lines = [*_summary(rows, chosen, config.catalog), *_table(shown)]
    if is_done:
        lines.append(f"set {len(due) - len(refused)} of {len(due)} tables")
    elif arguments.action == "apply" and due:
        lines.append(f"{len(due)} tables would be set; add --yes to do it")
    return "\n".join([*lines, *(f"refused: {each}" for each in refused)]), _code(
        rows, due, refused, is_done
    )


def _code(rows: list[Row], due: list[Row], refused: Sequence[str], is_done: bool) -> int:
    if is_done:
        left = [row for row in rows if row.is_broken and row not in due]
        return 1 if refused or left else 0
    return 1 if any(row.due or row.is_broken or row.failures for row in rows) else 0


def _summary(rows: list[Row], chosen: Sequence[Tier], catalog: CatalogConfig) -> list[str]:
    counts = Counter(row.catalog for row in rows)
    lines = []
    for tier in chosen:
        have = counts[tier.catalog]
        line = f"{tier.catalog}: {have} tables of {catalog.quotas.tables}"
        if have > tier.shape.expected_tables:
            line += (
                f", more than the {tier.shape.expected_tables} expected (expected_tables): raise "
                "it, and the quota in time"
            )
        lines.append(line)
    return lines


def _table(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    lines = [["table", "is", "has", "is meant to have"]]
    for row in rows:
        notes = ["history is shorter than promised"] if row.is_broken else []
        notes += [f"{kind} failed: {why}" for kind, why in row.failures.items()]
        state = "; ".join([row.state.value, *notes])
        lines.append([row.name, state, _words(row, row.actual), _words(row, row.wanted)])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _words(row: Row, maintenance: Any) -> str:
    """Only what differs: all six settings of every table are nothing to read."""
    if row.actual == row.wanted:
        return "-"
    actual, wanted = row.actual.to_mapping(), row.wanted.to_mapping()
    said = maintenance.to_mapping()
    return ", ".join(f"{key} {said[key]}" for key in actual if actual[key] != wanted[key])


def _document(rows: list[Row], due: list[Row], refused: Sequence[str]) -> dict[str, Any]:
    return {
        "tables": [row.to_mapping() for row in rows],
        "due": [row.name for row in due],
        "refused": list(refused),
    }
