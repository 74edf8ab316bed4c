"""Pulumi's values as Terraform's and back, by the shape of a binding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from toolchain.awsplugin.assets import AssetStore
from toolchain.awsplugin.model import UNKNOWN, Dynamic, Field, Type
from toolchain.awsplugin.paths import Path, spell
from toolchain.awsplugin.wire import Asset, Secret

_TRUTHS: Final = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Problem:
    """An input that cannot be given to Terraform."""

    path: Path
    reason: str


class ToTerraform:
    """Turns inputs into a configuration; what does not fit is collected, never dropped."""

    def __init__(self, assets: AssetStore) -> None:
        self._assets = assets
        self.problems: list[Problem] = []

    def object(self, kind: Type, value: Mapping[str, Any], path: Path = ()) -> dict[str, Any]:
        """An object of blocks and attributes; names that start with `__` are the engine's."""
        fields = kind.by_name()
        out: dict[str, Any] = dict.fromkeys(kind.fields)
        for name, item in value.items():
            if item is None or name.startswith("__"):
                continue
            # Keys of untyped objects may come in Terraform's own spelling.
            member = fields.get(name) or kind.fields.get(name)
            where = (*path, name)
            if member is None:
                self._problem(where, "this provider version has no such property")
            elif not member.settable:
                self._problem(where, "this provider version only computes it; it cannot be set")
            else:
                out[member.tf] = self._member(member, item, where)
        return out

    def _member(self, member: Field, value: Any, path: Path) -> Any:
        if value is UNKNOWN:
            return UNKNOWN
        if member.nesting in ("single", "group"):
            return self.value(member.type, _only(value), path)
        return self.value(member.type, value, path)

    def value(self, kind: Type, value: Any, path: Path) -> Any:
        """A value of any type."""
        if value is None or value is UNKNOWN:
            return value
        match kind.kind:
            case "string":
                return self._string(value, path)
            case "number":
                return self._number(value, path)
            case "bool":
                return self._bool(value, path)
            case "list" | "set":
                items = value if isinstance(value, list) else [value]
                return [self.value(kind.of(), v, (*path, i)) for i, v in enumerate(items)]
            case "map" if isinstance(value, Mapping):
                return {k: self.value(kind.of(), v, (*path, k)) for k, v in value.items()}
            case "object" if isinstance(_only(value), Mapping):
                return self.object(kind, _only(value), path)
            case "tuple" if isinstance(value, list) and len(value) == len(kind.items):
                pairs = zip(kind.items, value, strict=True)
                return [self.value(k, v, (*path, i)) for i, (k, v) in enumerate(pairs)]
            case "dynamic":
                return Dynamic(dynamic_type(value), value)
            case _:
                self._problem(path, f"expected {_article(kind.kind)}, not {value!r}")
                return None

    def _string(self, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            return value
        if isinstance(value, Asset):
            return str(self._assets.file(value))
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, dict | list):
            if _has_unknown_or_asset(value):
                self._problem(path, "expected a string, not a structure of values still unknown")
                return None
            return json.dumps(value)
        return str(value)

    def _number(self, value: Any, path: Path) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self._problem(path, f"expected a number, not {value!r}")
            return None
        if not isinstance(value, str):
            return value
        try:
            number = float(value)
        except ValueError:
            self._problem(path, f"expected a number, not {value!r}")
            return None
        return int(number) if number.is_integer() else number

    def _bool(self, value: Any, path: Path) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in _TRUTHS:
            return _TRUTHS[value.lower()]
        self._problem(path, f"expected true or false, not {value!r}")
        return None

    def _problem(self, path: Path, reason: str) -> None:
        self.problems.append(Problem(path, f"{spell(path)}: {reason}"))


def _only(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"


def _has_unknown_or_asset(value: Any) -> bool:
    from toolchain.awsplugin.model import scalars

    return any(leaf is UNKNOWN or isinstance(leaf, Asset) for leaf in scalars(value))


def dynamic_type(value: Any) -> Any:
    """cty's notation of the type that a plain value has."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return ["tuple", [dynamic_type(item) for item in value]]
    if isinstance(value, Mapping):
        return ["object", {key: dynamic_type(item) for key, item in value.items()}]
    return "string"


def to_pulumi(kind: Type, state: Mapping[str, Any]) -> dict[str, Any]:
    """A Terraform object as the SDK's properties; sensitive attributes become secrets."""
    out: dict[str, Any] = {}
    for member in kind.fields.values():
        if member.name is None:
            continue
        value = _shown(member, state.get(member.tf))
        if value is not None:
            out[member.name] = Secret(value) if member.sensitive else value
    return out


def _shown(member: Field, value: Any) -> Any:
    if value is None or value is UNKNOWN:
        return value
    if member.one:
        items = value if isinstance(value, list) else [value]
        return _plain(member.type.of(), items[0]) if items else None
    return _plain(member.type, value)


def _plain(kind: Type, value: Any) -> Any:
    if value is None or value is UNKNOWN:
        return value
    match kind.kind:
        case "list" | "set":
            return [_plain(kind.of(), item) for item in value]
        case "map":
            return {key: _plain(kind.of(), item) for key, item in value.items()}
        case "object":
            return to_pulumi(kind, value)
        case "tuple":
            return [_plain(k, v) for k, v in zip(kind.items, value, strict=True)]
        case "dynamic":
            return value.value
        case _:
            return value


def has_sensitive(kind: Type, state: Any) -> bool:
    """Whether a state holds a value that its schema calls sensitive."""
    if state is None or state is UNKNOWN:
        return False
    match kind.kind:
        case "object":
            return any(
                (member.sensitive and state.get(name) not in (None, "", [], {}))
                or has_sensitive(member.type, state.get(name))
                for name, member in kind.fields.items()
            )
        case "list" | "set":
            return any(has_sensitive(kind.of(), item) for item in state)
        case "map":
            return any(has_sensitive(kind.of(), item) for item in state.values())
        case _:
            return False
