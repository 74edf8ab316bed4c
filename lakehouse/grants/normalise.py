"""Grants in the one form in which they are declared, sent, read back and compared.

Lake Formation does not return what it was given: `ALL` comes back spelled out, SELECT on a table
comes back as SELECT on all its columns, a wildcard comes back with the name `ALL_TABLES`, lists
come back in any order. Whoever compares that with what was sent finds a change every time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from lakehouse.grants.lake import Lake, bucket_of
from lakehouse.grants.model import ACTIONS, Action, Expression, Grant, Kind, Target

Document = dict[str, Any]

EVERYBODY: Final = "IAM_ALLOWED_PRINCIPALS"
"""The group that stands for "Lake Formation is not asked, IAM decides"."""

_ALL_TABLES: Final = "ALL_TABLES"


def expanded(actions: Iterable[Action], kind: Kind) -> frozenset[Action]:
    """`actions` with `all` spelled out for the kind of object."""
    given = frozenset(actions)
    return (given - {Action.ALL}) | frozenset(ACTIONS[kind]) if Action.ALL in given else given


def merged(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """One grant for each principal and object, sorted: two would take turns at one entry."""
    found: dict[tuple[str, Target], Grant] = {}
    for grant in grants:
        actions = expanded(grant.actions, grant.target.kind)
        passed = expanded(grant.grantable, grant.target.kind)
        held = found.get((grant.principal, grant.target))
        found[grant.principal, grant.target] = Grant(
            principal=grant.principal,
            target=grant.target,
            actions=actions | passed | (held.actions if held else frozenset()),
            grantable=passed | (held.grantable if held else frozenset()),
        )
    return tuple(found[key] for key in sorted(found))


def permissions(actions: Iterable[Action]) -> list[str]:
    """As the API spells and sorts them."""
    return sorted(action.value.upper() for action in actions)


def filter_name(target: Target, principal: str) -> str:
    """Of the data cells filter that carries a target's row condition and columns."""
    columns = f"{','.join(target.columns)}|{','.join(target.except_columns)}"
    text = f"{principal}|{target.bucket}|{target.namespace}|{target.table}|{target.rows}|{columns}"
    return f"millrace_{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def resource(target: Target, principal: str, lake: Lake) -> Document:
    """The object of a grant as the API takes it; the catalog's id stands inside, never outside."""
    if target.tags:
        level = "DATABASE" if target.kind is Kind.TAGGED_NAMESPACES else "TABLE"
        return {
            "LFTagPolicy": {
                "ResourceType": level,
                "Expression": [
                    {"TagKey": key, "TagValues": list(values)} for key, values in target.tags
                ],
            }
        }
    catalog = lake.catalog_id(target.bucket)
    table = {"CatalogId": catalog, "DatabaseName": target.namespace}
    match target.kind:
        case Kind.BUCKET:
            return {"Catalog": {"Id": catalog}}
        case Kind.NAMESPACE:
            return {"Database": {"CatalogId": catalog, "Name": target.namespace}}
        case Kind.EVERY_TABLE:
            return {"Table": {**table, "TableWildcard": {}}}
        case Kind.TABLE:
            return {"Table": {**table, "Name": target.table}}
        case Kind.ROWS:
            return {
                "DataCellsFilter": {
                    "TableCatalogId": catalog,
                    "DatabaseName": target.namespace,
                    "TableName": target.table,
                    "Name": filter_name(target, principal),
                }
            }
        case _:
            return {"TableWithColumns": {**table, "Name": target.table, **columns(target)}}


def columns(target: Target) -> Document:
    """Which columns a target has, as the API takes it."""
    if target.columns:
        return {"ColumnNames": list(target.columns)}
    if target.except_columns:
        return {"ColumnWildcard": {"ExcludedColumnNames": list(target.except_columns)}}
    return {"ColumnWildcard": {}}


def cells_filter(target: Target, principal: str, lake: Lake) -> Document:
    """The data cells filter that a target with a row condition needs."""
    named = resource(target, principal, lake)["DataCellsFilter"]
    return {**named, "RowFilter": {"FilterExpression": target.rows}, **columns(target)}


def canonical(document: Mapping[str, Any]) -> Document:
    """A resource of the API in our form, whichever of its own forms it came in."""
    kind, value = next(iter(document.items()))
    value = {key: each for key, each in value.items() if each is not None}
    if kind == "TableWithColumns":
        names = value.get("ColumnNames") or []
        left_out = (value.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or []
        plain = {k: v for k, v in value.items() if k not in ("ColumnNames", "ColumnWildcard")}
        if names:
            return {kind: {**plain, "ColumnNames": sorted(names)}}
        if left_out:
            wildcard = {"ExcludedColumnNames": sorted(left_out)}
            return {kind: {**plain, "ColumnWildcard": wildcard}}
        return canonical({"Table": plain})
    if kind == "Table" and ("TableWildcard" in value or value.get("Name") == _ALL_TABLES):
        plain = {k: v for k, v in value.items() if k not in ("Name", "TableWildcard")}
        return {kind: {**plain, "TableWildcard": {}}}
    if kind == "LFTagPolicy":
        expression = sorted(
            (
                {"TagKey": e["TagKey"], "TagValues": sorted(e["TagValues"])}
                for e in value["Expression"]
            ),
            key=lambda each: str(each["TagKey"]),
        )
        return {kind: {"ResourceType": value["ResourceType"], "Expression": expression}}
    return {kind: value}


def key_of(document: Mapping[str, Any]) -> str:
    """A canonical resource as text, to compare and to sort by."""

    def text(value: Any) -> str:
        if isinstance(value, Mapping):
            return "{" + ",".join(f"{k}:{text(value[k])}" for k in sorted(value)) + "}"
        if isinstance(value, list):
            return "[" + ",".join(map(text, value)) + "]"
        return str(value)

    return text(canonical(document))


def held(entries: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[set[str], set[str]]]:
    """(principal, object) -> what is held and what may be passed on, over all of its entries.

    One grant of ours may come back in two entries (SELECT apart from the rest) and `ALL` beside
    what it stands for.
    """
    found: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for entry in entries:
        principal = str(entry["Principal"]["DataLakePrincipalIdentifier"])
        place = found.setdefault((principal, key_of(entry["Resource"])), (set(), set()))
        for into, name in zip(place, ("Permissions", "PermissionsWithGrantOption"), strict=True):
            into |= _spelled_out(entry.get(name) or [], entry["Resource"])
    return found


def target_of(document: Mapping[str, Any]) -> Target:
    """What a resource of the API is about, for people to read."""
    kind, value = next(iter(canonical(document).items()))
    catalog = str(value.get("CatalogId") or value.get("TableCatalogId") or value.get("Id") or "")
    bucket, namespace = bucket_of(catalog), str(value.get("DatabaseName") or "")
    match kind:
        case "Database":
            return Target(bucket=bucket, namespace=str(value["Name"]))
        case "Table":
            table = "*" if "TableWildcard" in value else str(value.get("Name"))
            return Target(bucket=bucket, namespace=namespace, table=table)
        case "TableWithColumns":
            return Target(
                bucket=bucket,
                namespace=namespace,
                table=str(value.get("Name")),
                columns=tuple(value.get("ColumnNames") or ()),
                except_columns=tuple(
                    (value.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or ()
                ),
            )
        case "DataCellsFilter":
            return Target(
                bucket=bucket,
                namespace=namespace,
                table=str(value.get("TableName")),
                rows=f"filter {value.get('Name')}",
            )
        case "LFTagPolicy":
            level = "namespace" if value["ResourceType"] == "DATABASE" else "table"
            return Target(tags=_expression(value["Expression"]), tagged=level)
    return Target(bucket=bucket)


def _expression(parts: Iterable[Mapping[str, Any]]) -> Expression:
    return tuple((str(each["TagKey"]), tuple(each["TagValues"])) for each in parts)


def _spelled_out(names: Iterable[str], document: Mapping[str, Any]) -> set[str]:
    found = set(names)
    if "ALL" in found:
        found = (found - {"ALL"}) | set(permissions(ACTIONS[target_of(document).kind]))
    return found
