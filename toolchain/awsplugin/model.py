"""The shape of a resource: Terraform's types with the names Pulumi knows them by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

Kind = Literal["string", "number", "bool", "dynamic", "list", "set", "map", "object", "tuple"]
Nesting = Literal["", "single", "list", "set", "map", "group"]

PRIMITIVES: Final = frozenset({"string", "number", "bool", "dynamic"})


class Unknown:
    """The one value that is not known before apply."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Unknown:
        return self


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A value whose type travels with it: cty's dynamic pseudo-type."""

    type: Any
    value: Any


@dataclass(frozen=True, slots=True)
class Type:
    """A cty type. Objects have fields; lists, sets and maps have an element."""

    kind: Kind
    element: Type | None = None
    fields: Mapping[str, Field] = field(default_factory=lambda: MappingProxyType({}))
    items: tuple[Type, ...] = ()

    def of(self) -> Type:
        """The element type of a collection."""
        if self.element is None:
            msg = f"a {self.kind} has no element type"
            raise TypeError(msg)
        return self.element

    def by_name(self) -> dict[str, Field]:
        """The fields that Pulumi can see, by Pulumi's name."""
        return {f.name: f for f in self.fields.values() if f.name}


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute or nested block of an object."""

    tf: str
    type: Type
    name: str | None = None
    """Pulumi's name; None where the SDK does not show this attribute."""
    nesting: Nesting = ""
    """How a nested block repeats; empty for an attribute."""
    one: bool = False
    """The SDK shows the only element of this collection, not the collection."""
    optional: bool = False
    required: bool = False
    computed: bool = False
    sensitive: bool = False

    @property
    def settable(self) -> bool:
        """Whether a configuration may carry it."""
        return bool(self.nesting) or self.optional or self.required

    @property
    def label(self) -> str:
        """What to call it when talking to a Pulumi user."""
        return self.name or self.tf


@dataclass(frozen=True, slots=True)
class Binding:
    """A Pulumi token tied to a Terraform type."""

    token: str
    tf_type: str
    version: int
    root: Type
    required: frozenset[str] = frozenset()
    """Pulumi names that the SDK insists on."""
    extra: frozenset[str] = frozenset()
    """Properties of the SDK that this provider does not have."""


def scalars(value: Any) -> Iterator[Any]:
    """Every leaf of a nested value."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from scalars(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from scalars(item)
    else:
        yield value


def has_unknown(value: Any) -> bool:
    """Whether any part of a value is not known yet."""
    return any(leaf is UNKNOWN for leaf in scalars(value))


_FLAGS: Final = ("one", "optional", "required", "computed", "sensitive")


def type_to_json(kind: Type) -> Any:
    """A type as a JSON document, for the cache."""
    doc: dict[str, Any] = {"k": kind.kind}
    if kind.element is not None:
        doc["e"] = type_to_json(kind.element)
    if kind.items:
        doc["i"] = [type_to_json(item) for item in kind.items]
    if kind.kind == "object":
        doc["f"] = {name: _field_to_json(member) for name, member in kind.fields.items()}
    return doc["k"] if set(doc) == {"k"} else doc


def _field_to_json(member: Field) -> dict[str, Any]:
    doc: dict[str, Any] = {"t": type_to_json(member.type), "n": member.name, "b": member.nesting}
    doc["x"] = [flag for flag in _FLAGS if getattr(member, flag)]
    return doc


def type_from_json(doc: Any) -> Type:
    """The inverse of `type_to_json`."""
    if isinstance(doc, str):
        return Type(kind=doc)  # type: ignore[arg-type]
    return Type(
        kind=doc["k"],
        element=type_from_json(doc["e"]) if "e" in doc else None,
        items=tuple(type_from_json(item) for item in doc.get("i", ())),
        fields={name: _field_from_json(name, item) for name, item in doc.get("f", {}).items()},
    )


def _field_from_json(tf: str, doc: Mapping[str, Any]) -> Field:
    flags = dict.fromkeys(doc["x"], True)
    return Field(tf=tf, type=type_from_json(doc["t"]), name=doc["n"], nesting=doc["b"], **flags)
