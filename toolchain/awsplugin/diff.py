"""Differences between a prior and a planned state, leaf by leaf, at Pulumi's property paths."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolchain.awsplugin.model import UNKNOWN, Dynamic, Field, Type
from toolchain.awsplugin.paths import Path, spell
from toolchain.awsplugin.terraform import AttributePath


class Kind(enum.Enum):
    """What happens at a path."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `tf` are Terraform's steps, `path` Pulumi's."""

    tf: AttributePath
    path: Path
    kind: Kind
    replace: bool = False

    @property
    def name(self) -> str:
        """The path as the engine spells it."""
        return spell(self.path)


def changes(
    root: Type,
    prior: Mapping[str, Any],
    planned: Mapping[str, Any],
    requires_replace: Sequence[AttributePath] = (),
    given: Mapping[str, Any] | None = None,
) -> list[Change]:
    """Every difference. `given` is the configuration: it tells the order the program wrote sets in.

    A path that requires replacement counts only where it differs, as in Terraform's core.
    """
    found = list(_object(root, prior, planned, given or {}, (), ()))
    return [
        Change(c.tf, c.path, c.kind, any(_related(c.tf, path) for path in requires_replace))
        for c in found
    ]


def _related(change: AttributePath, required: AttributePath) -> bool:
    return all(a == b for a, b in zip(change, required, strict=False))


def _object(
    kind: Type, old: Any, new: Any, given: Any, tf: AttributePath, path: Path
) -> Iterator[Change]:
    for name, member in kind.fields.items():
        a, b = _get(old, name), _get(new, name)
        if _equal(a, b):
            continue
        yield from _member(member, a, b, _get(given, name), (*tf, name), (*path, member.label))


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _equal(a: Any, b: Any) -> bool:
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def _member(
    member: Field, old: Any, new: Any, given: Any, tf: AttributePath, path: Path
) -> Iterator[Change]:
    if member.one and isinstance(old or [], list) and isinstance(new or [], list):
        # The SDK shows the element itself at the collection's path.
        element = member.type.of()
        a = old[0] if old else None
        b = new[0] if new else None
        g = given[0] if isinstance(given, list) and given else None
        step: AttributePath = () if member.type.kind == "set" else (0,)
        yield from _value(element, a, b, g, (*tf, *step), path)
        if len(old or []) > 1 or len(new or []) > 1:
            yield Change(tf, path, Kind.UPDATE)
        return
    yield from _value(member.type, old, new, given, tf, path)


def _value(
    kind: Type, old: Any, new: Any, given: Any, tf: AttributePath, path: Path
) -> Iterator[Change]:
    if _equal(old, new):
        return
    if old is None or old is UNKNOWN or new is None or new is UNKNOWN:
        yield _leaf(old, new, tf, path)
    elif kind.kind == "object":
        yield from _object(kind, old, new, given, tf, path)
    elif kind.kind == "map":
        for key in sorted({*old, *new}):
            inner = _get(given, key)
            yield from _value(
                kind.of(), old.get(key), new.get(key), inner, (*tf, key), (*path, key)
            )
    elif kind.kind == "list":
        yield from _list(kind.of(), old, new, given, tf, path)
    elif kind.kind == "set":
        yield from _set(kind.of(), old, new, given, tf, path)
    else:
        yield _leaf(old, new, tf, path)


def _leaf(old: Any, new: Any, tf: AttributePath, path: Path) -> Change:
    if old is None or old == []:
        return Change(tf, path, Kind.ADD)
    return Change(tf, path, Kind.DELETE if new is None else Kind.UPDATE)


def _list(
    element: Type, old: Any, new: Any, given: Any, tf: AttributePath, path: Path
) -> Iterator[Change]:
    for index in range(max(len(old), len(new))):
        a = old[index] if index < len(old) else None
        b = new[index] if index < len(new) else None
        g = given[index] if isinstance(given, list) and index < len(given) else None
        yield from _value(element, a, b, g, (*tf, index), (*path, index))


def _set(
    element: Type, old: Any, new: Any, given: Any, tf: AttributePath, path: Path
) -> Iterator[Change]:
    # When one element changes, the provider's older SDK plans nulls for the empty strings of all
    # the others: what is empty both times is no difference, unless there is no other.
    found = list(_elements(element, _bare(old), _bare(new), given, tf, path))
    yield from found or _elements(element, old, new, given, tf, path)


def _elements(
    element: Type, old: Any, new: Any, given: Any, tf: AttributePath, path: Path
) -> Iterator[Change]:
    gone = [(i, item) for i, item in enumerate(old) if item not in new]
    come = [(_place(item, i, given), item) for i, item in enumerate(new) if item not in old]
    # What changed inside an element shows as one element gone and one come: pair the likest.
    while gone and come and element.kind == "object":
        pair = max(
            ((a, b) for a in gone for b in come), key=lambda p: _common(element, p[0][1], p[1][1])
        )
        if not _common(element, pair[0][1], pair[1][1]):
            break
        (_, a), (index, b) = pair
        gone.remove(pair[0])
        come.remove(pair[1])
        g = given[index] if isinstance(given, list) and index < len(given) else None
        yield from _value(element, a, b, g, tf, (*path, index))
    for index, item in gone:
        yield _leaf(item, None, tf, (*path, index))
    for index, item in come:
        yield _leaf(None, item, tf, (*path, index))


def _bare(value: Any) -> Any:
    """A value whose empty members are all null."""
    if isinstance(value, Mapping):
        return {key: None if _empty(item) else _bare(item) for key, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _empty(value: Any) -> bool:
    return value is not UNKNOWN and not isinstance(value, Dynamic) and not value


def _place(item: Any, index: int, given: Any) -> int:
    """Where the program wrote this element; sets come back in an order of their own."""
    for place, written in enumerate(given if isinstance(given, list) else ()):
        if written == item or (
            isinstance(written, Mapping)
            and isinstance(item, Mapping)
            and all(item.get(key) == value for key, value in written.items() if value is not None)
        ):
            return place
    return index


def _common(element: Type, a: Any, b: Any) -> int:
    if not isinstance(a, Mapping) or not isinstance(b, Mapping):
        return 0
    return sum(
        1 for name in element.fields if not _empty(a.get(name)) and a.get(name) == b.get(name)
    )
