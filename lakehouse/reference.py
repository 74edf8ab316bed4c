"""The reference page of the configuration, rendered from the model so that it cannot be wrong."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lakehouse.config import (
    NAMESPACE,
    GenerationConfig,
    LakehouseConfig,
    effect_of,
    reason_required,
)
from lakehouse.effects import Effect

_EFFECTS: Final = {
    Effect.NONE: "Only the program reads it: nothing in the account changes.",
    Effect.IN_PLACE: "A resource is updated while queries run.",
    Effect.ROLL_WORKERS: "Workers are replaced one after the other; queries go on.",
    Effect.SWAP_LEADER: "The leader is replaced: sessions end and clients reconnect. "
    "Without a break: add a generation with the change and shift the weight.",
    Effect.REPLACE: "Something is made anew; what it held, its addresses or its name are gone.",
    Effect.REFUSED: "Pulumi refuses, because protected tables would be lost: destroy the stack "
    "first.",
}

_HEAD: Final = f"""# Configuration

Rendered from the model (`make docs`); do not edit.

A stack is described in `Pulumi.<stack>.yaml`. Each section below is a key `{NAMESPACE}:<section>`.
`Pulumi.example.yaml` is a complete stack to start from. A mistake is reported before anything
is touched, with every other one there is.

## What a change does

| effect | meaning |
|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Documented:
    """What the page says about one setting."""

    kind: str
    default: str
    effect: str
    """Of a change, as in `Effect`; empty for what only holds further settings."""
    description: str


def documented() -> dict[str, Documented]:
    """Every setting of the page by its key, as in `catalog.tiers.<name>.protect`."""
    fields = LakehouseConfig.model_fields
    found = {"aws:region": _documented(fields["region"]), "tags": _documented(fields["tags"])}
    for name, model in _sections():
        found |= {f"{name}.{key}": _documented(field) for key, field in _leaves(model)}
    return found


def config_page() -> str:
    """The page as Markdown."""
    effects = "".join(f"| {effect.value} | {text} |\n" for effect, text in _EFFECTS.items())
    region = _table([("aws:region", LakehouseConfig.model_fields["region"])])
    tags = _table([(f"{NAMESPACE}:tags", LakehouseConfig.model_fields["tags"])])
    parts = [_HEAD, effects, "\n## Region and tags\n\n", region, *tags.splitlines(True)[2:]]
    for name, model in _sections():
        parts.append(f"\n## `{NAMESPACE}:{name}`\n\n{model.__doc__}\n\n")
        parts.append(_table(_leaves(model)))
    return "".join(parts)


def _sections() -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in LakehouseConfig.model_fields.items():
        if name == "generations":
            yield f"{name}.<name>", GenerationConfig
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield name, field.annotation


def _leaves(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _leaves(field.annotation, f"{path}{name}.")
        else:
            yield f"{path}{name}", field
            for each in typing.get_args(field.annotation):
                if isinstance(each, type) and issubclass(each, BaseModel):
                    yield from _leaves(each, f"{path}{name}{_entry(field.annotation)}.")


def _entry(annotation: Any) -> str:
    """How the key of what a field holds goes on: by name, by place, or at once."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return ""
    return ".<name>" if origin is dict else "[]"


def _table(rows: typing.Iterable[tuple[str, FieldInfo]]) -> str:
    lines = ["| key | kind | default | effect of a change | what it is |", "|---|---|---|---|---|"]
    for key, field in rows:
        said = _documented(field)
        cells = (f"`{key}`", said.kind, said.default, said.effect, said.description)
        lines.append(f"| {' | '.join(_cell(each) for each in cells)} |")
    return "\n".join(lines) + "\n"


def _documented(field: FieldInfo) -> Documented:
    effect = effect_of(field)
    return Documented(
        kind=_kind(field.annotation),
        default=_default(field),
        effect=effect.value if effect else "",
        description=field.description or "",
    )


def _cell(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "\\|") if "`" not in text else text


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return f"none: {reason_required(field)}"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return "unset"
    return f"`{json.dumps(value)}`"


def _kind(annotation: Any) -> str:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        inner = [each for each in typing.get_args(annotation) if each is not type(None)]
        return _kind(inner[0])
    if origin is typing.Annotated:
        return _kind(typing.get_args(annotation)[0])
    if origin is tuple:
        return "list"
    if origin is dict:
        return "map"
    if origin is typing.Literal:
        return " or ".join(map(str, typing.get_args(annotation)))
    return {str: "text", int: "number", bool: "true/false"}.get(annotation, "map")
