"""Property paths: Pulumi's spelling (`ingress[0].fromPort`) and Terraform's steps, and between."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from toolchain.awsplugin.model import Type

Step = str | int
Path = tuple[Step, ...]

_TOKEN: Final = re.compile(
    r"""
    \.?(?P<name>[^.\[\]]+)
    | \[(?P<index>\d+)\]
    | \["(?P<key>(?:\\.|[^"\\])*)"\]
    | \[(?P<all>\*)\]
    """,
    re.VERBOSE,
)
_PLAIN: Final = re.compile(r"[A-Za-z_$][\w$-]*")
EVERY: Final = "*"


def parse(text: str) -> Path:
    """`tags["a.b"]` -> `("tags", "a.b")`. What cannot be read is one plain name."""
    steps: list[Step] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            return (text,)
        if found["index"] is not None:
            steps.append(int(found["index"]))
        elif found["key"] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", found["key"]))
        else:
            steps.append(found["name"] or EVERY)
        position = found.end()
    return tuple(steps)


def spell(steps: Iterable[Step]) -> str:
    """The inverse of `parse`."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            escaped = step.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def to_pulumi(kind: Type, path: Path) -> Path:
    """Terraform's steps as the SDK names them; the index of a lone element disappears."""
    out: list[Step] = []
    hide = False
    current: Type | None = kind
    for step in path:
        if current is not None and current.kind == "object" and step in current.fields:
            member = current.fields[str(step)]
            out.append(member.label)
            current, hide = member.type, member.one
            continue
        if not hide:
            out.append(step)
        hide = False
        current = current.element if current is not None else None
    return tuple(out)
