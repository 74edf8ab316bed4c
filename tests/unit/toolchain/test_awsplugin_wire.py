"""The engine's messages as Python values."""

from __future__ import annotations

import pytest
from google.protobuf import json_format, struct_pb2

from toolchain.awsplugin.model import UNKNOWN
from toolchain.awsplugin.wire import Asset, Secret, decode, encode

TAG = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


def struct(values: dict[str, object]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    json_format.ParseDict(values, message)
    return message


def test_numbers_are_whole_where_they_can_be() -> None:
    assert decode(struct({"a": 1, "b": 0.5, "c": True})) == {"a": 1, "b": 0.5, "c": True}


def test_tags_become_values() -> None:
    found = decode(
        struct(
            {
                "secret": {TAG: SECRET, "value": [{TAG: SECRET, "value": "x"}]},
                "asset": {TAG: ASSET, "text": "hi"},
                "output": {TAG: OUTPUT, "value": 1, "secret": True},
                "later": {TAG: OUTPUT},
            }
        )
    )
    assert found["secret"] == Secret([Secret("x")])
    assert found["asset"] == Asset({TAG: ASSET, "text": "hi"})
    assert found["output"] == Secret(1)
    assert found["later"] is UNKNOWN


@pytest.mark.parametrize(
    "sentinel",
    ["04da6b54-80e4-46f7-96ec-b56ff0331ba9", "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2"],
)
def test_every_kind_of_unknown_is_unknown(sentinel: str) -> None:
    assert decode(struct({"a": sentinel}))["a"] is UNKNOWN


def test_what_is_read_is_written_the_same() -> None:
    message = struct(
        {
            "a": {TAG: SECRET, "value": {"b": [1, "x"]}},
            "c": {TAG: ASSET, "hash": "h", "text": "hi"},
            "d": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        }
    )
    assert encode(decode(message)) == message


def test_null_properties_are_left_out() -> None:
    assert encode({"a": None, "b": {"c": None}}) == struct({"b": {}})
