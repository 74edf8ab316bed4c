"""Terraform's values on the wire and at rest."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolchain.awsplugin import cty
from toolchain.awsplugin.model import (
    UNKNOWN,
    Dynamic,
    Field,
    Type,
    type_from_json,
    type_to_json,
)

STRING, NUMBER, BOOL = Type("string"), Type("number"), Type("bool")


def attributes(**types: Type) -> Type:
    return Type("object", fields={n: Field(n, t, name=n, optional=True) for n, t in types.items()})


types = st.recursive(
    st.sampled_from([STRING, NUMBER, BOOL]),
    lambda inner: st.one_of(
        st.builds(lambda k, e: Type(k, e), st.sampled_from(["list", "set", "map"]), inner),
        st.dictionaries(st.sampled_from("abcd"), inner, max_size=3).map(lambda f: attributes(**f)),
        st.lists(inner, min_size=1, max_size=3).map(lambda i: Type("tuple", items=tuple(i))),
    ),
    max_leaves=6,
)


def values(kind: Type, *, unknown: bool) -> st.SearchStrategy[Any]:
    scalar: dict[str, st.SearchStrategy[Any]] = {
        "string": st.text(),
        "bool": st.booleans(),
        "number": st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False),
    }
    odd = [None, UNKNOWN] if unknown else [None]
    if kind.kind in scalar:
        return scalar[kind.kind] | st.sampled_from(odd)
    if kind.kind == "object":
        return st.fixed_dictionaries(
            {name: values(f.type, unknown=unknown) for name, f in kind.fields.items()}
        )
    if kind.kind == "tuple":
        return st.tuples(*(values(item, unknown=unknown) for item in kind.items)).map(list)
    inner = values(kind.of(), unknown=unknown)
    if kind.kind == "map":
        return st.dictionaries(st.text(max_size=5), inner, max_size=3)
    return st.lists(inner, max_size=3)


@given(st.data())
def test_what_is_packed_is_unpacked(data: st.DataObject) -> None:
    kind = data.draw(types)
    value = data.draw(values(kind, unknown=True))
    assert cty.unpack(kind, cty.pack(kind, value)) == value


@given(st.data())
def test_a_state_survives_its_document(data: st.DataObject) -> None:
    kind = data.draw(types)
    value = data.draw(values(kind, unknown=False))
    assert cty.from_json(kind, cty.to_json(kind, value)) == value


@given(types)
def test_a_type_survives_the_cache(kind: Type) -> None:
    assert type_from_json(type_to_json(kind)) == kind


def test_a_state_cannot_hold_what_is_unknown() -> None:
    with pytest.raises(ValueError, match="unknown"):
        cty.to_json(STRING, UNKNOWN)


@pytest.mark.parametrize(
    ("nesting", "kind", "empty"),
    [
        ("list", Type("list", attributes(a=STRING)), []),
        ("set", Type("set", attributes(a=STRING)), []),
        ("map", Type("map", attributes(a=STRING)), {}),
        ("group", attributes(a=STRING), {"a": None}),
        ("single", attributes(a=STRING), None),
        ("", Type("list", STRING), None),
    ],
)
def test_an_absent_block_is_an_empty_one_and_an_absent_attribute_null(
    nesting: Any, kind: Type, empty: Any
) -> None:
    root = Type("object", fields={"b": Field("b", kind, name="b", nesting=nesting)})
    assert msgpack.unpackb(cty.pack(root, {})) == {"b": empty}


def test_a_refined_unknown_is_an_unknown() -> None:
    assert cty.unpack(STRING, msgpack.packb(msgpack.ExtType(12, b"\x81\x01\xc2"))) is UNKNOWN


def test_a_dynamic_value_brings_its_type() -> None:
    value = Dynamic(["list", "string"], ["a"])
    kind = Type("dynamic")
    assert cty.unpack(kind, cty.pack(kind, value)) == value
    assert cty.from_json(kind, cty.to_json(kind, value)) == value


def test_an_empty_message_is_null() -> None:
    assert cty.unpack(STRING, b"") is None
