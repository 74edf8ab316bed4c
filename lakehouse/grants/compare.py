"""What Lake Formation holds against what is declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lakehouse.grants.declared import Declared
from lakehouse.grants.lake import bucket_of
from lakehouse.grants.normalise import (
    EVERYBODY,
    held,
    key_of,
    permissions,
    resource,
    target_of,
)


class Difference(StrEnum):
    """How actual grants differ from declared ones."""

    MISSING = "missing"
    """Declared and not held."""
    SURPLUS = "surplus"
    """Held on an object of ours without being declared."""
    OPEN = "open"
    """Everybody whom IAM lets in: Lake Formation is not asked."""


@dataclass(frozen=True, kw_only=True, order=True)
class Deviation:
    """One thing that is not as declared."""

    difference: Difference
    principal: str
    object: str
    permissions: tuple[str, ...]
    grantable: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As a person would say it."""
        what = ", ".join(self.permissions)
        if self.grantable:
            what = (
                f"{what} (to pass on: {', '.join(self.grantable)})"
                if what
                else (f"passing on {', '.join(self.grantable)}")
            )
        return f"{self.difference}: {what} on {self.object} for {self.principal}"


def objects(declared: Declared) -> list[dict[str, Any]]:
    """Every object that grants are declared on, once: what to ask the service about."""
    found = {}
    for grant in declared.grants:
        each = resource(grant.target, grant.principal, declared.lake)
        found[key_of(each)] = each
    return [found[key] for key in sorted(found)]


def deviations(
    declared: Declared, entries: Iterable[Mapping[str, Any]], administrators: Iterable[str] = ()
) -> list[Deviation]:
    """Every difference in what this stack answers for.

    What administrators hold beyond it is left out: they may read everything as it is.
    """
    kept = [entry for entry in entries if _is_ours(declared, entry)]
    actual = held(kept)
    objects_by_key = {key_of(entry["Resource"]): entry["Resource"] for entry in kept}
    wanted: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    said: dict[str, str] = {}
    for grant in declared.grants:
        each = resource(grant.target, grant.principal, declared.lake)
        wanted[grant.principal, key_of(each)] = (
            set(permissions(grant.actions)),
            set(permissions(grant.grantable)),
        )
        said[key_of(each)] = str(grant.target)
    found = []
    for principal, key in sorted(wanted.keys() | actual.keys()):
        want = wanted.get((principal, key), (set(), set()))
        have = actual.get((principal, key), (set(), set()))
        what = said.get(key) or str(target_of(objects_by_key[key]))
        found += _compared(principal, what, want, have, set(administrators))
    return found


def _compared(
    principal: str,
    what: str,
    want: tuple[set[str], set[str]],
    have: tuple[set[str], set[str]],
    administrators: set[str],
) -> list[Deviation]:
    found = []
    if (missing := want[0] - have[0]) or want[1] - have[1]:
        found.append(_deviation(Difference.MISSING, principal, what, missing, want[1] - have[1]))
    if principal in administrators:
        return found
    if (surplus := have[0] - want[0]) or have[1] - want[1]:
        kind = Difference.OPEN if principal == EVERYBODY else Difference.SURPLUS
        found.append(_deviation(kind, principal, what, surplus, have[1] - want[1]))
    return found


def _deviation(
    kind: Difference, principal: str, what: str, permissions: set[str], grantable: set[str]
) -> Deviation:
    return Deviation(
        difference=kind,
        principal=principal,
        object=what,
        permissions=tuple(sorted(permissions)),
        grantable=tuple(sorted(grantable)),
    )


def _is_ours(declared: Declared, entry: Mapping[str, Any]) -> bool:
    """Whether this stack answers for a grant: all on its own buckets, elsewhere its readers'."""
    _, value = next(iter(entry["Resource"].items()))
    catalog = str(value.get("CatalogId") or value.get("TableCatalogId") or value.get("Id") or "")
    if bucket_of(catalog) in declared.own:
        return True
    principal = entry["Principal"]["DataLakePrincipalIdentifier"]
    return principal in declared.principals.values()
