"""Rules of grants: one object each, and above all that what is written would be enforced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from lakehouse.config import _tag_rules
from lakehouse.config._findings import Finding
from lakehouse.config._lake_rules import KEY, OWN, aliases, own_buckets, place
from lakehouse.config._reader_rules import MACHINES, known
from lakehouse.config.catalog import CatalogConfig
from lakehouse.config.governance import GovernanceConfig, GrantConfig
from lakehouse.grants import tags
from lakehouse.grants.model import ACTIONS, PARTS, Action, Grant, Kind, Target
from lakehouse.grants.truth import unenforced


def target(grant: GrantConfig, buckets: Mapping[str, str] | None = None) -> Target:
    """The object of a written grant; `buckets` says what the stack's own are called."""
    bucket = grant.bucket or OWN
    return Target(
        bucket="" if grant.tags else (buckets or {}).get(bucket, bucket),
        namespace=grant.namespace or "",
        table=grant.table or "",
        columns=tuple(sorted(grant.columns)),
        except_columns=tuple(sorted(grant.except_columns)),
        rows=grant.rows or "",
        tags=tuple(sorted((key, tuple(sorted(values))) for key, values in grant.tags.items())),
        tagged=grant.tagged if grant.tags else "",
    )


def findings(governance: GovernanceConfig, catalog: CatalogConfig | None) -> Iterator[Finding]:
    """Every broken rule of the grants; of the lake only where the catalog could be read."""
    for index, grant in enumerate(governance.grants):
        key = f"{KEY}.grants[{index}]"
        shape = list(_shape(key, grant))
        yield from shape
        if not shape:
            yield from _actions(key, grant)
        yield from _principal(key, grant, governance)
        if catalog is not None:
            yield from place(key, grant, governance, catalog)
        yield from _tags(key, grant, governance)
    called = aliases(catalog) if catalog is not None else {}
    yield from _outgranted(governance, called)
    yield from _outtagged(governance, catalog, called)


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
                    f"cannot be granted on {kind.spoken}{part}; use {', '.join(known)}",
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
            remedy = known(grant.to, governance)
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


def _outgranted(governance: GovernanceConfig, called: Mapping[str, str]) -> Iterator[Finding]:
    """Grants add up: a part of a table beside all of it hides nothing."""
    whole = {
        (each.to, found.bucket, found.namespace, found.table)
        for each in governance.grants
        if (found := target(each, called)).kind in (Kind.TABLE, Kind.EVERY_TABLE) and _reads(each)
    }
    for index, grant in enumerate(governance.grants):
        part = target(grant, called)
        if part.kind not in PARTS:
            continue
        for table in (part.table, "*"):
            if (grant.to, part.bucket, part.namespace, table) in whole:
                yield Finding(
                    f"{KEY}.grants[{index}]",
                    f"hides nothing: reader {grant.to} may also select all of "
                    f"{grant.namespace}.{table}, and grants add up; remove one of the two",
                )


def _outtagged(
    governance: GovernanceConfig, catalog: CatalogConfig | None, called: Mapping[str, str]
) -> Iterator[Finding]:
    """The same by way of tags, as far as this stack attaches them."""
    spaces = own_buckets(catalog) if catalog is not None else {}
    written = [(_tag_rules.target(each, called), each.tags) for each in governance.tagged]
    attached = tags.taggings(written, spaces)
    by_tag = [
        (index, each.to, target(each).tags)
        for index, each in enumerate(governance.grants)
        if target(each).kind is Kind.TAGGED_TABLES and _reads(each)
    ]
    for index, grant in enumerate(governance.grants):
        part = target(grant, called)
        if part.kind not in PARTS:
            continue
        table = Target(bucket=part.bucket, namespace=part.namespace, table=part.table)
        for other, reader, expression in by_tag:
            if reader == grant.to and tags.matches(expression, tags.worn(table, attached)):
                yield Finding(
                    f"{KEY}.grants[{index}]",
                    f"hides nothing: reader {grant.to} may also select all of {grant.namespace}."
                    f"{grant.table} by its LF-tags (grants[{other}]), and grants add up; remove "
                    "one of the two",
                )


def _reads(grant: GrantConfig) -> bool:
    return bool({Action.SELECT, Action.ALL} & set(grant.actions))


def _tags(key: str, grant: GrantConfig, governance: GovernanceConfig) -> Iterator[Finding]:
    for tag, values in grant.tags.items():
        here = f"{key}.tags.{tag}"
        yield from _tag_rules.known(here, tag, list(values), governance)
        have = governance.lf_tags.get(tag)
        if have and not values:
            yield Finding(here, f"has no values; name some of {', '.join(have)}")
