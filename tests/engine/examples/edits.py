"""The table of `edits.yaml`: one changed setting each, and what the engine must do for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lakehouse.reference import documented

TABLE = Path(__file__).parent / "edits.yaml"


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One row."""

    key: str
    to: Any = None
    add: tuple[Any, ...] = ()
    steps: tuple[str, ...]
    stacks: tuple[str, ...] = ()

    def expected(self, prefix: str, generations: Sequence[str]) -> set[str]:
        """Its steps on a stack, as the engine names resources."""
        each = {step.replace("~*", f"~-{name}") for step in self.steps for name in generations}
        return {step.replace("~", prefix) for step in each}

    def is_for(self, stack: str) -> bool:
        """Whether it is tried on a stack."""
        return not self.stacks or stack in self.stacks

    @property
    def documented(self) -> str:
        """What the reference says about a change of the setting."""
        return documented()[re.sub(r"\[\d+\]", "[]", self.key)].effect


def rows() -> list[Edit]:
    """All of them, in order."""
    read = yaml.safe_load(TABLE.read_text())
    return [
        Edit(**{**row, "steps": tuple(row["steps"]), "stacks": tuple(row.get("stacks", ()))})
        for row in read
    ]


def apply(edit: Edit, config: dict[str, Any]) -> None:
    """Put the new value where the setting is."""
    section, *path = edit.key.replace("<name>", "blue").split(".")
    *above, last = [f"millrace:{section}", *path]
    target: Any = config
    for part in above:
        name, _, place = part.rstrip("]").partition("[")
        target = target[name][int(place)] if place else target.setdefault(part, {})
    target[last] = [*target.get(last, []), *edit.add] if edit.add else edit.to
