"""cty values as Terraform puts them on the wire (msgpack) and as this plugin keeps them (JSON)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgpack

from toolchain.awsplugin.model import UNKNOWN, Dynamic, Type

_UNKNOWN_EXT: Final = msgpack.ExtType(0, b"\x00")
# Beyond this a float no longer tells neighbouring integers apart.
_EXACT: Final = 2**53


def pack(kind: Type, value: Any) -> bytes:
    """A value of this type in Terraform's msgpack encoding."""
    packed: bytes = msgpack.packb(_encode(kind, value), use_bin_type=True)
    return packed


NULL: Final = msgpack.packb(None)


def unpack(kind: Type, raw: bytes) -> Any:
    """The inverse of `pack`; an empty message is null."""
    if not raw:
        return None
    plain = msgpack.unpackb(
        raw, raw=False, strict_map_key=False, ext_hook=lambda _code, _data: UNKNOWN
    )
    return _decode(kind, plain)


def _encode(kind: Type, value: Any) -> Any:
    if value is None:
        return None
    if value is UNKNOWN:
        return _UNKNOWN_EXT
    match kind.kind:
        case "number":
            return _number(value)
        case "list" | "set":
            return [_encode(kind.of(), item) for item in value]
        case "map":
            return {key: _encode(kind.of(), item) for key, item in value.items()}
        case "tuple":
            return [_encode(k, v) for k, v in zip(kind.items, value, strict=True)]
        case "object":
            return _encode_object(kind, value)
        case "dynamic":
            inner = parse_type(value.type)
            return [json.dumps(value.type).encode(), _encode(inner, value.value)]
        case _:
            return value


def _encode_object(kind: Type, value: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, member in kind.fields.items():
        item = value.get(name)
        # Blocks are never null but for the single kind: an absent one is an empty one.
        if item is None and member.nesting in ("list", "set"):
            out[name] = []
        elif item is None and member.nesting == "map":
            out[name] = {}
        elif item is None and member.nesting == "group":
            out[name] = _encode_object(member.type, {})
        else:
            out[name] = _encode(member.type, item)
    return out


def _number(value: Any) -> int | float | str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    number: int | float = value
    return number


def _decode(kind: Type, value: Any) -> Any:
    if value is None or value is UNKNOWN:
        return value
    match kind.kind:
        case "number":
            return _parse_number(value)
        case "list" | "set":
            return [_decode(kind.of(), item) for item in value]
        case "map":
            return {key: _decode(kind.of(), item) for key, item in value.items()}
        case "tuple":
            return [_decode(k, v) for k, v in zip(kind.items, value, strict=True)]
        case "object":
            return {name: _decode(f.type, value.get(name)) for name, f in kind.fields.items()}
        case "dynamic":
            spec = json.loads(value[0])
            return Dynamic(spec, _decode(parse_type(spec), value[1]))
        case _:
            return value


def _parse_number(value: Any) -> int | float:
    if isinstance(value, str | bytes):
        text = value.decode() if isinstance(value, bytes) else value
        try:
            return int(text)
        except ValueError:
            return float(text)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    number: int | float = value
    return number


def parse_type(spec: Any) -> Type:
    """A type from cty's JSON notation, e.g. `["map", "string"]`; objects without Pulumi names."""
    from toolchain.awsplugin.model import Field

    if isinstance(spec, str):
        return Type(kind=spec)  # type: ignore[arg-type]
    kind, inner = spec[0], spec[1]
    if kind == "object":
        fields = {n: Field(tf=n, type=parse_type(t), optional=True) for n, t in inner.items()}
        return Type(kind="object", fields=fields)
    if kind == "tuple":
        return Type(kind="tuple", items=tuple(parse_type(item) for item in inner))
    return Type(kind=kind, element=parse_type(inner))


def to_json(kind: Type, value: Any) -> Any:
    """A known value in cty's JSON notation, the one Terraform keeps its states in."""
    if value is None:
        return None
    if value is UNKNOWN:
        msg = "a state cannot hold unknown values"
        raise ValueError(msg)
    match kind.kind:
        case "list" | "set":
            return [to_json(kind.of(), item) for item in value]
        case "map":
            return {key: to_json(kind.of(), item) for key, item in value.items()}
        case "tuple":
            return [to_json(k, v) for k, v in zip(kind.items, value, strict=True)]
        case "object":
            return {name: to_json(f.type, value.get(name)) for name, f in kind.fields.items()}
        case "dynamic":
            return {"type": value.type, "value": to_json(parse_type(value.type), value.value)}
        case _:
            return value


def from_json(kind: Type, value: Any) -> Any:
    """The inverse of `to_json`."""
    if value is None:
        return None
    match kind.kind:
        case "list" | "set":
            return [from_json(kind.of(), item) for item in value]
        case "map":
            return {key: from_json(kind.of(), item) for key, item in value.items()}
        case "tuple":
            return [from_json(k, v) for k, v in zip(kind.items, value, strict=True)]
        case "object":
            return {name: from_json(f.type, value.get(name)) for name, f in kind.fields.items()}
        case "dynamic":
            return Dynamic(value["type"], from_json(parse_type(value["type"]), value["value"]))
        case _:
            return value
