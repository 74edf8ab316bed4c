"""An image's bill of materials: CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/.

It lists what was installed: Debian packages, Python packages and jars. What a jar bundles inside
is not taken apart, and the document says that it is incomplete in this way.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from ops.image.component import Component, Kind
from ops.image.licences import is_spdx

SCHEMA: Final = "http://cyclonedx.org/schema/bom-1.6.schema.json"
UNKNOWN: Final = "unknown"
"""Name of the licence of what names none."""

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/serial/millrace-image")
_KINDS: Final[tuple[Kind, ...]] = ("deb", "pypi", "maven")


def build(components: Sequence[Component], manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The document for an image with `manifest`. Equal inputs give equal documents."""
    content_hash = str(manifest["content_hash"])
    ordered = sorted(components, key=lambda c: (c.kind, c.name, c.qualifier, c.version))
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, content_hash)}",
        "version": 1,
        "metadata": {
            "timestamp": manifest["created"],
            "component": {
                "type": "operating-system",
                "bom-ref": content_hash,
                "name": "millrace-image",
                "version": content_hash,
                "properties": _properties(
                    {
                        "architecture": str(manifest["architecture"]),
                        "version-set": str(manifest["version_set"]),
                        **{f"component:{k}": str(v) for k, v in manifest["components"].items()},
                    }
                ),
            },
        },
        "components": [_component(component) for component in ordered],
        "compositions": [{"aggregate": "incomplete", "assemblies": [content_hash]}],
    }


def parse(document: Mapping[str, Any]) -> list[Component]:
    """The components of a document that `build` made."""
    return [_parsed(raw) for raw in document["components"]]


def summary(document: Mapping[str, Any]) -> str:
    """How much of what there is, in a line."""
    components = parse(document)
    counts = {kind: sum(c.kind == kind for c in components) for kind in _KINDS}
    unknown = sum(not component.licences for component in components)
    return (
        f"{counts['deb']} Debian packages, {counts['pypi']} Python packages, "
        f"{counts['maven']} jars; {unknown} name no licence"
    )


def _component(component: Component) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": "library",
        "bom-ref": component.reference,
        "name": component.name,
        "version": component.version,
        "licenses": [{"license": _licence(name)} for name in component.licences or (UNKNOWN,)],
        "properties": _properties(
            {
                "kind": component.kind,
                "qualifier": component.qualifier,
                "installed-files-sha256": component.installed_sha256,
            }
        ),
    }
    if component.group:
        document["group"] = component.group
    if component.sha256:
        document["hashes"] = [{"alg": "SHA-256", "content": component.sha256}]
    if component.purl:
        document["purl"] = component.purl
    return document


def _licence(name: str) -> dict[str, str]:
    return {"id": name} if is_spdx(name) else {"name": name}


def _properties(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": f"millrace:{key}", "value": value} for key, value in values.items() if value]


def _parsed(raw: Mapping[str, Any]) -> Component:
    properties = {p["name"].removeprefix("millrace:"): p["value"] for p in raw["properties"]}
    licences = [entry["license"] for entry in raw["licenses"]]
    names = [licence.get("id") or licence["name"] for licence in licences]
    return Component(
        kind=cast(Kind, properties["kind"]),
        name=raw["name"],
        version=raw["version"],
        group=raw.get("group", ""),
        qualifier=properties.get("qualifier", ""),
        licences=tuple(name for name in names if name != UNKNOWN),
        sha256=next((entry["content"] for entry in raw.get("hashes", [])), ""),
        installed_sha256=properties.get("installed-files-sha256", ""),
    )
