"""Pulumi's property values: the engine's protobuf structs with their tagged objects, as Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf import json_format, struct_pb2

from toolchain.awsplugin.model import UNKNOWN

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public tag, no secret
_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
_REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# One sentinel per kind of value; all mean the same to a provider.
_UNKNOWNS: Final = frozenset(
    {
        _UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the engine must keep encrypted."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file or text; `wire` is how the engine sent it."""

    wire: Mapping[str, Any] = field(repr=False)

    @property
    def archive(self) -> bool:
        """Whether it is a collection of files."""
        return bool(self.wire[_SIGNATURE] == _ARCHIVE)


def decode(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A message of the engine as Python values, with Secret, Asset and UNKNOWN in place of tags."""
    return {key: decode_item(item) for key, item in json_format.MessageToDict(struct).items()}


def decode_item(value: Any) -> Any:
    """One value of a message."""
    if isinstance(value, dict):
        tag = value.get(_SIGNATURE)
        if tag == _SECRET:
            return Secret(decode_item(value.get("value")))
        if tag in (_ASSET, _ARCHIVE):
            return Asset(value)
        if tag == _REFERENCE:
            return decode_item(value.get("id", value.get("urn")))
        if tag == _OUTPUT:
            inner = decode_item(value["value"]) if "value" in value else UNKNOWN
            return Secret(inner) if value.get("secret") else inner
        return {key: decode_item(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode_item(item) for item in value]
    if isinstance(value, str) and value in _UNKNOWNS:
        return UNKNOWN
    return int(value) if isinstance(value, float) and value.is_integer() else value


def encode(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """The inverse of `decode`. Null properties are left out: absent is how Pulumi says null."""
    struct = struct_pb2.Struct()
    json_format.ParseDict(_write(dict(values)), struct)
    return struct


def _write(value: Any) -> Any:
    if isinstance(value, Secret):
        return {_SIGNATURE: _SECRET, "value": _write(value.value)}
    if isinstance(value, Asset):
        return dict(value.wire)
    if value is UNKNOWN:
        return _UNKNOWN
    if isinstance(value, Mapping):
        return {key: _write(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_write(item) for item in value]
    return value
