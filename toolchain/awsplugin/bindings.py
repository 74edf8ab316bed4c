"""Bindings of tokens to Terraform types, kept in the cache by provider and SDK version.

A binding takes the provider's whole schema and an import of the SDK to work out, and never changes
for the same two versions; kept, a warm start needs neither.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import threading
from pathlib import Path
from typing import Any, Final

from lakehouse.errors import ContractError
from toolchain.awsplugin import sdk as sdk_module
from toolchain.awsplugin import tokens
from toolchain.awsplugin.model import (
    Binding,
    Field,
    Nesting,
    Type,
    type_from_json,
    type_to_json,
)
from toolchain.awsplugin.names import camel, pair
from toolchain.awsplugin.sdk import Sdk, shape
from toolchain.awsplugin.terraform import Terraform

_NESTINGS: Final[dict[int, Nesting]] = {1: "single", 2: "list", 3: "set", 4: "map", 5: "group"}
# Part of the key of everything kept: raise it when a change here alters a binding.
_FORMAT: Final = "2"
_HEAD: Final = 1 << 20
PROVIDER: Final = "pulumi:providers:aws"


class UnknownTypeError(ContractError):
    """A token that the SDK or the provider does not have."""


def identity(binary: Path) -> str:
    """A name for this provider and SDK; the binary's head holds its unique build id."""
    digest = hashlib.sha256()
    with binary.open("rb") as handle:
        digest.update(handle.read(_HEAD))
    for part in (binary.name, str(binary.stat().st_size), sdk_module.version(), _FORMAT):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:16]


class Bindings:
    """Bindings by token, worked out once per pair of versions. Safe to use from many threads."""

    def __init__(self, terraform: Terraform, store: Path) -> None:
        self._terraform = terraform
        self._store = store
        self._known: dict[str, Binding] = {}
        self._lock = threading.Lock()

    def resource(self, token: str) -> Binding:
        """The binding of a resource token."""
        return self._get(token)

    def function(self, token: str) -> Binding:
        """The binding of a function token to a data source."""
        return self._get(token)

    def provider(self) -> Binding:
        """The binding of the provider's own configuration."""
        return self._get(PROVIDER)

    def _get(self, token: str) -> Binding:
        found = self._known.get(token)
        if found is None:
            with self._lock:
                found = self._known.get(token)
                if found is None:
                    found = self._load(token) or self._keep(self._make(token))
                    self._known[token] = found
        return found

    def _file(self, token: str) -> Path:
        return self._store / f"{token.replace(':', '-').replace('/', '.')}.json"

    def _load(self, token: str) -> Binding | None:
        try:
            text = self._file(token).read_text()
        except FileNotFoundError:
            return None
        doc = json.loads(text)
        return Binding(
            token=token,
            tf_type=doc["type"],
            version=doc["version"],
            root=type_from_json(doc["root"]),
            required=frozenset(doc["required"]),
            extra=frozenset(doc["extra"]),
        )

    def _keep(self, binding: Binding) -> Binding:
        doc = {
            "type": binding.tf_type,
            "version": binding.version,
            "root": type_to_json(binding.root),
            "required": sorted(binding.required),
            "extra": sorted(binding.extra),
        }
        path = self._file(binding.token)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        partial.write_text(json.dumps(doc, separators=(",", ":")))
        partial.replace(path)
        return binding

    @functools.cached_property
    def _schema(self) -> Any:
        return self._terraform.call("GetSchema")

    @functools.cached_property
    def _sdk(self) -> Sdk:
        return Sdk()

    def _make(self, token: str) -> Binding:
        if token == PROVIDER:
            properties = self._sdk.provider_properties()
            return _bind(token, "provider", self._schema.provider, properties)
        function = token.rpartition(":")[2].startswith("get")
        if function and self._sdk.has_function(token):
            properties = self._sdk.function_properties(token)
            schemas = self._schema.data_source_schemas
            required = frozenset[str]()
        elif token in self._sdk.resources:
            properties = self._sdk.resource_properties(token)
            schemas = self._schema.resource_schemas
            required = self._sdk.required(token)
        else:
            msg = f"{token}: the installed pulumi_aws {sdk_module.version()} has no such type"
            raise UnknownTypeError(msg)

        def attributes(name: str) -> list[str]:
            return _member_names(schemas[name].block)

        tf_type = tokens.resolve(token, properties, schemas, attributes, self._sdk.resources)
        if tf_type is None:
            near = ", ".join(tokens.nearest(token, schemas))
            msg = (
                f"{token}: terraform-provider-aws {self._terraform.version} has no such type "
                f"(the nearest are {near}); it is newer than this provider, so it can only be "
                "used with the official plugin"
            )
            raise UnknownTypeError(msg)
        return _bind(token, tf_type, schemas[tf_type], properties, required)


def _member_names(block: Any) -> list[str]:
    return [*(a.name for a in block.attributes), *(b.type_name for b in block.block_types)]


def _bind(
    token: str,
    tf_type: str,
    schema: Any,
    properties: dict[str, Any],
    required: frozenset[str] = frozenset(),
) -> Binding:
    root = _block(tf_type, schema.block, properties)
    seen = {f.name for f in root.fields.values()}
    return Binding(
        token=token,
        tf_type=tf_type,
        version=schema.version,
        root=root,
        required=required,
        extra=frozenset(properties) - seen - {"urn"},
    )


def _block(tf_type: str, block: Any, properties: dict[str, Any] | None) -> Type:
    names = _names(tf_type, _member_names(block), properties)
    fields = {}
    for attribute in block.attributes:
        name = names.get(attribute.name)
        annotation = (properties or {}).get(name or "")
        kind, one = _attribute(json.loads(attribute.type), annotation)
        fields[attribute.name] = Field(
            tf=attribute.name,
            type=kind,
            name=name,
            one=one,
            optional=attribute.optional,
            required=attribute.required,
            computed=attribute.computed,
            sensitive=attribute.sensitive,
        )
    for nested in block.block_types:
        name = names.get(nested.type_name)
        nesting = _NESTINGS[nested.nesting]
        seen = shape((properties or {}).get(name or ""))
        many = nesting in ("list", "set")
        inner = shape(seen.inner) if seen.kind in ("list", "map") else seen
        element = _block("", nested.block, inner.properties() or None)
        fields[nested.type_name] = Field(
            tf=nested.type_name,
            type=element if nesting in ("single", "group") else Type(nesting, element),  # type: ignore[arg-type]
            name=name,
            nesting=nesting,
            one=many and seen.kind != "list" and (seen.kind == "object" or nested.max_items == 1),
        )
    return Type(kind="object", fields=fields)


def _names(tf_type: str, members: list[str], properties: dict[str, Any] | None) -> dict[str, str]:
    if properties is None:
        return {name: camel(name) for name in members}
    return pair(tf_type, members, properties)


def _attribute(spec: Any, annotation: Any) -> tuple[Type, bool]:
    """A cty type with the SDK's names in it, and whether the SDK shows only its one element."""
    if isinstance(spec, str):
        return Type(kind=spec), False  # type: ignore[arg-type]
    kind, inner = spec
    seen = shape(annotation)
    if kind in ("list", "set"):
        one = annotation is not None and seen.kind != "list"
        element, _ = _attribute(inner, annotation if one else seen.inner)
        return Type(kind=kind, element=element), one
    if kind == "map":
        element, _ = _attribute(inner, seen.inner if seen.kind == "map" else None)
        return Type(kind="map", element=element), False
    if kind == "tuple":
        return Type(kind="tuple", items=tuple(_attribute(item, None)[0] for item in inner)), False
    properties = seen.properties() or None
    names = _names("", list(inner), properties)
    fields = {}
    for name, member in inner.items():
        inner_annotation = (properties or {}).get(names.get(name, ""))
        member_type, one = _attribute(member, inner_annotation)
        fields[name] = Field(
            tf=name, type=member_type, name=names.get(name), one=one, optional=True
        )
    return Type(kind="object", fields=fields), False
