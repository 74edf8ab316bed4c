"""LF-tags: which objects carry which, what a grant by tag is about, and what differs in fact.

By the Lake Formation developer guide, "Managing LF-Tags": a tag has values, an object one value of
a tag, and a table those of its namespace that it has none of its own of. Catalogs carry none, so
what is said of a bucket is said of each of its namespaces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lakehouse.grants.lake import Lake
from lakehouse.grants.model import Expression, Kind, Target
from lakehouse.grants.normalise import resource

Tags = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Tagging:
    """The LF-tags of one namespace or table, without those that it inherits."""

    target: Target
    tags: tuple[tuple[str, str], ...]
    """Key and value, sorted."""


def taggings(
    written: Iterable[tuple[Target, Tags]], namespaces: Mapping[str, Iterable[str]]
) -> tuple[Tagging, ...]:
    """What is attached to which namespace and table; `namespaces` are those of each bucket."""
    found: dict[Target, dict[str, str]] = {}
    # Buckets first: what is said of a namespace itself goes before what is said of its bucket.
    for target, tags in sorted(written, key=lambda each: each[0].kind is not Kind.BUCKET):
        if target.kind is Kind.BUCKET:
            places = [
                Target(bucket=target.bucket, namespace=each)
                for each in namespaces.get(target.bucket, ())
            ]
        else:
            places = [target]
        for place in places:
            found.setdefault(place, {}).update(tags)
    return tuple(
        Tagging(target=each, tags=tuple(sorted(found[each].items()))) for each in sorted(found)
    )


def matches(expression: Expression, tags: Tags) -> bool:
    """Whether an object with these tags is meant: one value of each key."""
    return all(tags.get(key) in values for key, values in expression)


def worn(target: Target, attached: Iterable[Tagging]) -> dict[str, str]:
    """The tags of a namespace or a table, inherited ones too."""
    by_target = {each.target: dict(each.tags) for each in attached}
    above = by_target.get(Target(bucket=target.bucket, namespace=target.namespace), {})
    return {**above, **by_target.get(target, {})} if target.table else above


def covered(grant: Target, attached: Iterable[Tagging]) -> list[str]:
    """The objects that a grant by tag is about, as far as this stack has tagged them."""
    attached = list(attached)
    spaces = [each.target for each in attached if not each.target.table]
    tables = [each.target for each in attached if each.target.table]
    meant = [each for each in spaces if matches(grant.tags, worn(each, attached))]
    if grant.kind is Kind.TAGGED_NAMESPACES:
        return [str(each) for each in meant]
    found = []
    for space in meant:
        other = [
            each.table
            for each in tables
            if (each.bucket, each.namespace) == (space.bucket, space.namespace)
            and not matches(grant.tags, worn(each, attached))
        ]
        found.append(f"{space}.*" + (f" but {', '.join(other)}" if other else ""))
    for table in tables:
        inherited = Target(bucket=table.bucket, namespace=table.namespace) in meant
        if not inherited and matches(grant.tags, worn(table, attached)):
            found.append(str(table))
    return sorted(found)


def attachable(tagging: Tagging, lake: Lake) -> dict[str, object]:
    """The object of a tagging as the API takes it."""
    return resource(tagging.target, "", lake)


def differences(
    defined: Mapping[str, Iterable[str]],
    attached: Iterable[Tagging],
    *,
    known: Mapping[str, Iterable[str]],
    carried: Mapping[Target, Tags],
) -> Iterator[str]:
    """What the account has otherwise than declared.

    `known` are its tags and their values; `carried` is what each object has been given, of the
    objects that this stack answers for. Tags that the stack does not declare are others' affair.
    """
    for key, values in sorted(defined.items()):
        for value in sorted(set(values) - set(known.get(key, ()))):
            yield f"missing: LF-tag {key}={value}"
    wanted = {each.target: dict(each.tags) for each in attached}
    for target in sorted({*wanted, *carried}):
        want, have = wanted.get(target, {}), carried.get(target, {})
        for key in sorted(set(want) | (set(have) & set(defined))):
            if key in want and have.get(key) != want[key]:
                yield f"missing: LF-tag {key}={want[key]} on {target}"
            if key in have and have[key] != want.get(key):
                yield f"surplus: LF-tag {key}={have[key]} on {target}"
