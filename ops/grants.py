"""`lakehouse grants`: who enforces what is declared, and whether the account holds just that."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from lakehouse.config import LakehouseConfig
from lakehouse.errors import PreflightError
from lakehouse.grants import bypass
from lakehouse.grants.compare import deviations, objects
from lakehouse.grants.declared import ANY_ACCOUNT, Declared, declare
from lakehouse.grants.model import Grant, Target
from lakehouse.grants.normalise import resource
from lakehouse.grants.tags import covered, differences
from lakehouse.grants.truth import Engine, rulings
from lakehouse.names import Names
from lakehouse.policies import Account as Place
from lakehouse.tiers import tiers
from ops.aws import Account, AwsError
from ops.context import CHECKOUT, open_account
from ops.lake_formation import Glue, Iam, LakeFormation
from ops.redact import Redactor

PROJECT: Final = "millrace"
_FLAG: Final = "AllowFullTableExternalDataAccess"


@dataclass(frozen=True, kw_only=True)
class Governed:
    """A stack's governance and what it declares."""

    config: LakehouseConfig
    declared: Declared
    stack: str

    def reader(self, grant: Grant) -> str:
        """The reader that a grant is to, by the name it has in the stack file."""
        return next(
            name for name, arn in self.declared.principals.items() if arn == grant.principal
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "action",
        choices=("explain", "verify"),
        help="explain: which engine enforces which grant; verify: compare with the account",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document")


def run(arguments: argparse.Namespace, redactor: Redactor) -> tuple[str, int]:
    """What to print, and the exit code: 1 when the account is not as declared."""
    settings = read_settings(arguments.stack)
    if arguments.action == "explain":
        governed = read(settings, arguments.stack, ANY_ACCOUNT)
        rows, past = explain(governed), by_iam(governed)
        if arguments.json:
            return json.dumps({"grants": rows, "by_iam": past}, indent=2), 0
        return f"{render(rows)}\n\n{render_by_iam(past)}", 0
    context = open_account(arguments.stack, cloud=arguments.cloud, redactor=redactor)
    with context.inside():
        number = str(context.account.client("sts").get_caller_identity()["Account"])
        problems = verify(read(settings, arguments.stack, number), context.account)
    if arguments.json:
        return json.dumps(problems, indent=2), 1 if problems else 0
    head = f"{len(problems)} deviations" if problems else "the account holds what is declared"
    return "\n".join([head, *(f"  - {each}" for each in problems)]), 1 if problems else 0


def read_settings(stack: str) -> dict[str, Any]:
    """`config:` of a stack file."""
    path = CHECKOUT / f"Pulumi.{stack}.yaml"
    try:
        return dict(yaml.safe_load(path.read_text())["config"])
    except (FileNotFoundError, KeyError, TypeError) as error:
        msg = f"{path.name} is no stack file: {error}"
        raise PreflightError(msg) from error


def read(settings: Mapping[str, Any], stack: str, account_id: str) -> Governed:
    """What a stack declares.

    Raises:
        ConfigError: with every finding; a grant that nobody would enforce is one.
    """
    config = LakehouseConfig.from_pulumi(settings)
    names = Names(project=PROJECT, stack=stack)
    declared = declare(
        config.governance,
        account=Place(region=config.region, account_id=account_id),
        names=names,
        tiers=tiers(config.catalog, names),
    )
    return Governed(config=config, declared=declared, stack=stack)


def explain(governed: Governed) -> list[dict[str, Any]]:
    """A row a grant: what each engine makes of it, and why."""
    return [
        {
            "reader": governed.reader(grant),
            "object": str(grant.target),
            "kind": grant.target.kind.value,
            "actions": sorted(grant.actions),
            # By tag: what this stack has tagged so.
            "covers": covered(grant.target, governed.declared.taggings)
            if grant.target.tags
            else [],
            "engines": {
                each.engine.value: {"verdict": each.verdict.value, "reason": each.reason}
                for each in rulings(grant, governed.declared.setup)
            },
        }
        for grant in governed.declared.grants
    ]


def by_iam(governed: Governed) -> list[dict[str, Any]]:
    """Who reads and writes tables by IAM, so that Lake Formation is not asked."""
    config, names = governed.config, Names(project=PROJECT, stack=governed.stack)
    buckets = tiers(config.catalog, names)
    found = []
    if config.governance.spark_reader is None:
        every = [f"{each.bucket}.*" for each in buckets]
        found.append({"role": "Spark (leaders, workers)", "writes": every, "makes_tables": True})
    called = {name: each.bucket for each in buckets for name in (each.name, each.bucket)}
    for name, writer in sorted(config.access.ingest.items()):
        tables = [
            f"{called[each.bucket or '']}.{each.namespace}.{table}"
            for each in writer.into
            for table in each.tables
        ]
        found.append(
            {
                "role": names.ingest_role(name),
                "writes": tables,
                "makes_tables": writer.create_tables,
            }
        )
    return found


def render_by_iam(rows: list[dict[str, Any]]) -> str:
    """The same as text."""
    if not rows:
        return "nobody of this stack reads or writes by IAM, past Lake Formation"
    lines = ["by IAM, past Lake Formation:"]
    for row in rows:
        also = "; makes tables" if row["makes_tables"] else ""
        lines.append(f"  {row['role']} reads and writes {', '.join(row['writes'])}{also}")
    return "\n".join(lines)


def render(rows: list[dict[str, Any]]) -> str:
    """The truth table as text, with each reason once below it."""
    if not rows:
        return "no grants are declared (millrace:governance.grants)"
    engines = [each.value for each in Engine]
    reasons: dict[str, int] = {}
    lines = [["reader", "object", "actions", *engines]]
    for row in rows:
        cells = []
        for engine in engines:
            ruling = row["engines"][engine]
            note = reasons.setdefault(ruling["reason"], len(reasons) + 1)
            cells.append(f"{ruling['verdict']} [{note}]")
        lines.append([row["reader"], row["object"], ", ".join(row["actions"]), *cells])
        lines += [["", f"  {each}", *[""] * (len(engines) + 1)] for each in row["covers"]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    table = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    notes = [f"[{number}] {reason}" for reason, number in reasons.items()]
    return "\n".join([*table, "", *notes])


def verify(governed: Governed, account: Account) -> list[str]:
    """Everything in the account that is not as declared, or with which a grant would not hold."""
    if governed.config.governance.federation == "none":
        return []
    formation = LakeFormation.of(account)
    settings = formation.settings()
    admins = {each["DataLakePrincipalIdentifier"] for each in settings.get("DataLakeAdmins", [])}
    found = [*_catalog(governed, Glue.of(account)), *_settings(governed, settings, admins)]
    # By object, since the service does not list federated catalogs everywhere; and all that it
    # lists, since what was revoked is on an object that nobody declares any more.
    entries = [*formation.grants()]
    for each in objects(governed.declared):
        entries += formation.grants(each)
    found += [str(each) for each in deviations(governed.declared, entries, admins)]
    found += _tags(governed.declared, formation)
    return found + _ways_around(governed, Iam.of(account))


def _catalog(governed: Governed, glue: Glue) -> list[str]:
    catalog = glue.federated()
    if catalog is None:
        return ["s3tablescatalog is missing: no grant reaches a table"]
    found = []
    for each in ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions"):
        if catalog.get(each):
            found.append(f"s3tablescatalog has {each}: new objects are open to whom IAM lets in")
    if governed.config.governance.third_party_engines and catalog.get(_FLAG) != "True":
        found.append(
            "s3tablescatalog lets no engine outside AWS in, but third_party_engines is true"
        )
    return found


def _settings(governed: Governed, settings: Mapping[str, Any], admins: set[str]) -> list[str]:
    shape = governed.config.governance
    found = [
        f"{arn} is no Lake Formation administrator" for arn in shape.admins if arn not in admins
    ]
    if shape.third_party_engines and not settings.get(_FLAG):
        found.append("Lake Formation's settings let no engine outside AWS in")
    found += [
        f"reader {name} ({arn}) is a Lake Formation administrator and may read everything"
        for name, arn in governed.declared.principals.items()
        if arn in admins
    ]
    return found


def _tags(declared: Declared, formation: LakeFormation) -> list[str]:
    """Of every namespace of the stack's own, since what was taken off is on nobody's list."""
    if not declared.lf_tags:
        return []
    places = {
        Target(bucket=bucket, namespace=namespace)
        for bucket in declared.own
        for namespace in declared.lake.buckets[bucket]
    }
    places |= {each.target for each in declared.taggings}
    places |= {
        Target(bucket=named.bucket, namespace=named.namespace, table=named.table)
        for named in (grant.target for grant in declared.grants)
        if named.bucket in declared.own and named.table not in ("", "*")
    }
    carried = {
        each: formation.carried(resource(each, "", declared.lake)) for each in sorted(places)
    }
    found = differences(
        declared.lf_tags, declared.taggings, known=formation.tags(), carried=carried
    )
    return list(found)


def _ways_around(governed: Governed, iam: Iam) -> list[str]:
    found = []
    for name, arn in governed.declared.principals.items():
        kind, _, role = arn.rpartition(":")[2].partition("/")
        if kind != "role":
            found.append(f"reader {name} ({arn}): permissions of users are not looked at")
            continue
        try:
            around = bypass.in_statements(iam.statements(role.rpartition("/")[2]))
        except AwsError as error:
            found.append(f"reader {name}: {error}")
            continue
        if around:
            found.append(f"reader {name} ({arn}) may pass by Lake Formation: {', '.join(around)}")
    return found
