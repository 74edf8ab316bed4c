"""Rules between grants, readers and the lake: above all, that what is written would be enforced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from lakehouse.config._findings import Finding, did_you_mean
from lakehouse.config.catalog import CatalogConfig
from lakehouse.config.governance import GovernanceConfig, GrantConfig, ReaderConfig
from lakehouse.grants import bypass
from lakehouse.grants.model import ACTIONS, PARTS, Action, Grant, Kind, Target
from lakehouse.grants.truth import Engine, unenforced

KEY: Final = "millrace:governance"
OWN: Final = ""
"""The stack's own bucket, whose name may be known to Pulumi only."""

MACHINES: Final = frozenset({"leader", "worker", "spark"})
"""Names under which somebody would look for the machines' own roles."""

READER_NAME: Final = 22
"""Characters of a reader's name that leave room for the rest of its role's name."""

Buckets = Mapping[str, tuple[str, ...]]


def target(grant: GrantConfig, own: str = OWN) -> Target:
    """The object of a written grant; `own` is the stack's own bucket."""
    return Target(
        bucket="" if grant.tags else grant.bucket or own,
        namespace=grant.namespace or "",
        table=grant.table or "",
        columns=tuple(sorted(grant.columns)),
        except_columns=tuple(sorted(grant.except_columns)),
        rows=grant.rows or "",
        tags=tuple(sorted((key, tuple(sorted(values))) for key, values in grant.tags.items())),
        tagged=grant.tagged if grant.tags else "",
    )


def findings(governance: GovernanceConfig, catalog: CatalogConfig | None) -> Iterator[Finding]:
    """Every broken rule of governance; of the lake only where the catalog could be read."""
    yield from _federation(governance)
    for name, reader in governance.readers.items():
        yield from _reader(f"{KEY}.readers.{name}", name, reader, governance)
    yield from _spark_reader(governance)
    for index, grant in enumerate(governance.grants):
        key = f"{KEY}.grants[{index}]"
        shape = list(_shape(key, grant))
        yield from shape
        if not shape:
            yield from _actions(key, grant)
        yield from _principal(key, grant, governance)
        if catalog is not None:
            yield from _place(key, grant, governance, catalog)
        yield from _tags(key, grant, governance)
    yield from _outgranted(governance)


def _federation(governance: GovernanceConfig) -> Iterator[Finding]:
    if governance.federation != "none":
        return
    for setting in ("grants", "admins", "third_party_engines", "spark_reader"):
        if getattr(governance, setting):
            yield Finding(
                f"{KEY}.{setting}",
                "needs Lake Formation, but governance.federation is none; set it to create in one "
                "stack of the account and region and to use in the others",
            )


def _reader(
    key: str, name: str, reader: ReaderConfig, governance: GovernanceConfig
) -> Iterator[Finding]:
    if name in MACHINES:
        yield Finding(
            key,
            "is the name of a machine's own role, which reads tables by IAM and never asks Lake "
            "Formation; choose another name, and governance.spark_reader for Spark",
        )
    if len(name) > READER_NAME:
        yield Finding(key, f"has a name of {len(name)} characters; use at most {READER_NAME}")
    if reader.arn is None:
        yield from _made(key, name, reader, governance)
    else:
        yield from _existing(key, reader)
        if reader.arn in governance.admins:
            yield Finding(
                f"{key}.arn",
                "is a Lake Formation administrator (governance.admins): it may read everything, "
                "and grants to it come and go; remove it from one of the two",
                reader.arn,
            )
    if Engine.SPARK in reader.engines and not governance.third_party_engines:
        yield Finding(
            f"{key}.engines",
            "has spark, which Lake Formation gives nothing while governance.third_party_engines "
            "is false; set that to true, or take spark off the list",
            list(reader.engines),
        )
    for engine, count in Counter(reader.engines).items():
        if count > 1:
            yield Finding(f"{key}.engines", f"is written {count} times; write it once", engine)


def _made(
    key: str, name: str, reader: ReaderConfig, governance: GovernanceConfig
) -> Iterator[Finding]:
    around = bypass.in_statements(reader.statements)
    if around:
        yield Finding(
            f"{key}.statements",
            f"allows {', '.join(around)}, with which tables are read past Lake Formation; remove "
            "it, since what is granted needs no such permission",
        )
    for arn in bypass.in_managed(reader.managed_policies):
        yield Finding(
            f"{key}.managed_policies",
            "lets its holder read tables past Lake Formation; name a policy without permissions "
            "on S3 Tables",
            arn,
        )
    if not (reader.trusted or reader.trusted_services or name == governance.spark_reader):
        yield Finding(
            f"{key}.trusted",
            "is empty, so that nobody could take this role; name principals, trusted_services, "
            "or the arn of a role that exists",
        )


def _existing(key: str, reader: ReaderConfig) -> Iterator[Finding]:
    for setting in ("trusted", "trusted_services", "managed_policies", "statements"):
        if getattr(reader, setting):
            yield Finding(
                f"{key}.{setting}",
                "is about a role that is made, but arn names one that exists; remove one of "
                "the two",
            )


def _spark_reader(governance: GovernanceConfig) -> Iterator[Finding]:
    name, key = governance.spark_reader, f"{KEY}.spark_reader"
    if name is None:
        return
    reader = governance.readers.get(name)
    if reader is None:
        yield Finding(key, f"is no reader; {_known(name, governance)}", name)
    elif reader.arn is not None:
        yield Finding(
            key,
            "is a role that exists (arn), whose trust this stack cannot set; remove arn, so that "
            "the role is made",
            name,
        )
    elif Engine.SPARK not in reader.engines:
        yield Finding(
            key,
            f"is a reader that is not used from spark; add spark to governance.readers.{name}"
            ".engines",
            name,
        )


def _shape(key: str, grant: GrantConfig) -> Iterator[Finding]:
    """Whether the fields name one object."""
    named = [f for f in ("bucket", "namespace", "table", "columns", "rows") if getattr(grant, f)]
    if grant.tags and named:
        yield Finding(
            f"{key}.tags",
            f"stands beside {', '.join(named)}: an object is found by tags or by name; "
            "remove one of the two",
        )
        return
    if grant.table and not grant.namespace:
        yield Finding(f"{key}.table", "has no namespace; add the namespace it is in", grant.table)
    if grant.columns and grant.except_columns:
        yield Finding(
            f"{key}.except_columns",
            "stands beside columns, and a grant takes one of the two; remove one",
        )
    for field in ("columns", "except_columns", "rows"):
        if getattr(grant, field) and grant.table in (None, "*"):
            yield Finding(
                f"{key}.{field}",
                "is about one table; name it in table",
                getattr(grant, field),
            )
    for field in ("columns", "except_columns"):
        for column, count in Counter(getattr(grant, field)).items():
            if count > 1:
                yield Finding(f"{key}.{field}", f"is written {count} times; write it once", column)


def _actions(key: str, grant: GrantConfig) -> Iterator[Finding]:
    kind = target(grant).kind
    known = ACTIONS[kind]
    for field in ("actions", "grantable"):
        for action in getattr(grant, field):
            if action is not Action.ALL and action not in known:
                part = "; a part of a table can only be read" if kind in PARTS else ""
                yield Finding(
                    f"{key}.{field}",
                    f"cannot be granted on a {kind}{part}; use {', '.join(known)}",
                    action.value,
                )
    if Action.ALL not in grant.actions:
        for action in grant.grantable:
            if action not in grant.actions:
                yield Finding(
                    f"{key}.grantable",
                    "is passed on without being held; add it to actions",
                    action.value,
                )


def _principal(key: str, grant: GrantConfig, governance: GovernanceConfig) -> Iterator[Finding]:
    reader = governance.readers.get(grant.to)
    if reader is None:
        if grant.to in MACHINES:
            remedy = (
                "machines read tables by IAM and never ask Lake Formation; grant to a reader, and "
                "make it governance.spark_reader for Spark to be held to it"
            )
        else:
            remedy = _known(grant.to, governance)
        yield Finding(f"{key}.to", f"is no reader; {remedy}", grant.to)
        return
    checked = Grant(principal=grant.to, target=target(grant), actions=frozenset(grant.actions))
    why = unenforced(checked, reader.engines)
    if why:
        field = "rows" if checked.target.kind is Kind.ROWS else "columns"
        field = field if getattr(grant, field) else "except_columns"
        yield Finding(
            f"{key}.{field}",
            f"would not be enforced for reader {grant.to}, which is used from spark: {why}; give "
            "that audience a table of its own, or a reader for athena, redshift or emr",
            getattr(grant, field),
        )


def _outgranted(governance: GovernanceConfig) -> Iterator[Finding]:
    """Grants add up: a part of a table beside all of it hides nothing."""
    whole = {
        (each.to, each.bucket, each.namespace, each.table)
        for each in governance.grants
        if target(each).kind in (Kind.TABLE, Kind.EVERY_TABLE)
        and {Action.SELECT, Action.ALL} & set(each.actions)
    }
    for index, grant in enumerate(governance.grants):
        if target(grant).kind not in PARTS:
            continue
        for table in (grant.table, "*"):
            if (grant.to, grant.bucket, grant.namespace, table) in whole:
                yield Finding(
                    f"{KEY}.grants[{index}]",
                    f"hides nothing: reader {grant.to} may also select all of "
                    f"{grant.namespace}.{table}, and grants add up; remove one of the two",
                )


def _place(
    key: str, grant: GrantConfig, governance: GovernanceConfig, catalog: CatalogConfig
) -> Iterator[Finding]:
    buckets = {**governance.other_buckets, **own_buckets(catalog)}
    bucket = grant.bucket or OWN
    if bucket not in buckets:
        named = [each for each in buckets if each]
        hint = did_you_mean(bucket, named) if named else "leave it out for the stack's own"
        yield Finding(
            f"{key}.bucket",
            f"is neither the stack's own nor in governance.other_buckets; {hint}",
            grant.bucket,
        )
    elif grant.namespace and grant.namespace not in buckets[bucket]:
        where = "catalog.namespaces" if bucket == OWN else f"the namespaces of {bucket}"
        yield Finding(
            f"{key}.namespace",
            f"is not in {where}; {did_you_mean(grant.namespace, buckets[bucket])}",
            grant.namespace,
        )


def own_buckets(catalog: CatalogConfig) -> Buckets:
    """The stack's own bucket: without a name, and under its name where it is given one."""
    own = {OWN: catalog.namespaces}
    return {**own, catalog.bucket: catalog.namespaces} if catalog.bucket else own


def _tags(key: str, grant: GrantConfig, governance: GovernanceConfig) -> Iterator[Finding]:
    for tag, values in grant.tags.items():
        have = governance.lf_tags.get(tag)
        if have is None:
            names = did_you_mean(tag, governance.lf_tags) if governance.lf_tags else "add it there"
            yield Finding(f"{key}.tags.{tag}", f"is not in governance.lf_tags; {names}")
            continue
        if not values:
            yield Finding(
                f"{key}.tags.{tag}", f"has no values; name some of {', '.join(have) or 'them'}"
            )
        for value in values:
            if value not in have:
                yield Finding(
                    f"{key}.tags.{tag}",
                    f"is no value of that tag; {did_you_mean(value, have)}",
                    value,
                )


def _known(name: str, governance: GovernanceConfig) -> str:
    if not governance.readers:
        return "describe it in governance.readers"
    return did_you_mean(name, governance.readers)
