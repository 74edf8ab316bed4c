"""What tells two images apart, component by component."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ops.image.component import Component, Kind

Change = Literal["added", "removed", "version", "rebuilt", "licence"]

_KINDS: Final[Mapping[Kind, str]] = {"deb": "Debian", "pypi": "Python", "maven": "jar"}


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One component that is not the same in both."""

    change: Change
    kind: Kind
    name: str
    before: str
    after: str


def compare(before: Sequence[Component], after: Sequence[Component]) -> list[Difference]:
    """Every difference, in order of kind and name.

    A component that lies there in several versions is compared as the set of them.
    """
    old, new = _grouped(before), _grouped(after)
    return [
        difference
        for key in sorted(old.keys() | new.keys())
        for difference in _compare(old.get(key, []), new.get(key, []))
    ]


def as_json(differences: Sequence[Difference]) -> list[dict[str, Any]]:
    """For other programs."""
    return [
        {
            "change": difference.change,
            "kind": difference.kind,
            "name": difference.name,
            "before": difference.before,
            "after": difference.after,
        }
        for difference in differences
    ]


def as_text(differences: Sequence[Difference]) -> str:
    """A table for people; one line says so if nothing differs."""
    if not differences:
        return "the same packages, wheels and jars"
    rows = [
        (_KINDS[d.kind], d.name, d.before or "-", d.after or "-", d.change) for d in differences
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)]
        lines.append("  ".join((*cells[:2], cells[2], "->", *cells[3:])).rstrip())
    return "\n".join(lines)


def _grouped(components: Sequence[Component]) -> dict[tuple[Kind, str, str], list[Component]]:
    groups: dict[tuple[Kind, str, str], list[Component]] = {}
    for component in components:
        groups.setdefault(component.key, []).append(component)
    return groups


def _compare(old: Sequence[Component], new: Sequence[Component]) -> Iterator[Difference]:
    one = (new or old)[0]
    name = one.name if one.kind != "maven" or not one.qualifier else f"{one.name} ({one.qualifier})"
    before, after = _joined(c.version for c in old), _joined(c.version for c in new)

    def found(change: Change, was: str, now: str) -> Difference:
        return Difference(change=change, kind=one.kind, name=name, before=was, after=now)

    if before != after:
        change: Change = "version" if old and new else "removed" if old else "added"
        yield found(change, before, after)
    elif {_digest(c) for c in old} != {_digest(c) for c in new}:
        yield found("rebuilt", before, after)
    if old and new:
        was, now = ({licence for c in side for licence in c.licences} for side in (old, new))
        if was != now:
            yield found("licence", _joined(was) or "unknown", _joined(now) or "unknown")


def _digest(component: Component) -> str:
    return component.sha256 or component.installed_sha256


def _joined(words: Any) -> str:
    return ", ".join(sorted(words))
