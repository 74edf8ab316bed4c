"""Lake Formation's tags: values of the account, attached to namespaces and tables that exist.

moto attaches whatever it is told to whatever is named, over what was attached before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from moto.lakeformation.exceptions import EntityNotFound, InvalidInput
from moto.lakeformation.responses import LakeFormationResponse
from moto.s3tables.models import s3tables_backends

from local.account.graft import Grafts, attached
from local.account.lakeformation import request_of

grafts = Grafts()

Object = tuple[str, str, str]
"""Catalog, namespace and table; without a table, the namespace itself."""

_FEDERATED: Final = ":s3tablescatalog/"
_PAGE: Final = 50


@dataclass
class Tags:
    """What one region's Lake Formation knows of tags."""

    values: dict[str, list[str]] = field(default_factory=dict)
    attached: dict[Object, dict[str, str]] = field(default_factory=dict)


@grafts.replaces(LakeFormationResponse)
def create_lf_tag(self: Any) -> str:
    """CreateLFTag; keys and values are kept in lower case."""
    request = request_of(self)
    key, values = request["TagKey"].lower(), [each.lower() for each in request["TagValues"]]
    if key in _tags(self).values:
        msg = f"Tag key already exists: {key}"
        raise InvalidInput(msg)
    _tags(self).values[key] = sorted(set(values))
    return "{}"


@grafts.replaces(LakeFormationResponse)
def get_lf_tag(self: Any) -> str:
    """GetLFTag."""
    key = request_of(self)["TagKey"]
    found = {"TagKey": key, "TagValues": _values(self, key)}
    return json.dumps({"CatalogId": self.current_account, **found})


@grafts.replaces(LakeFormationResponse)
def list_lf_tags(self: Any) -> str:
    """ListLFTags, in pages."""
    request = request_of(self)
    listed = sorted(_tags(self).values.items())
    start = int(request.get("NextToken") or 0)
    end = start + int(request.get("MaxResults") or _PAGE)
    page = [
        {"CatalogId": self.current_account, "TagKey": key, "TagValues": values}
        for key, values in listed[start:end]
    ]
    more = {"NextToken": str(end)} if end < len(listed) else {}
    return json.dumps({"LFTags": page} | more)


@grafts.replaces(LakeFormationResponse)
def update_lf_tag(self: Any) -> str:
    """UpdateLFTag: a value that something carries cannot be deleted."""
    request = request_of(self)
    key = request["TagKey"]
    values = _values(self, key)
    gone = set(request.get("TagValuesToDelete") or [])
    carried = {tags.get(key) for tags in _tags(self).attached.values()}
    left = sorted((set(values) | set(request.get("TagValuesToAdd") or [])) - gone)
    if gone & carried or not left:
        msg = f"Update not allowed: {', '.join(sorted(gone))}"
        raise InvalidInput(msg)
    _tags(self).values[key] = left
    return "{}"


@grafts.replaces(LakeFormationResponse)
def delete_lf_tag(self: Any) -> str:
    """DeleteLFTag, from whatever carries it too."""
    key = request_of(self)["TagKey"]
    _values(self, key)
    del _tags(self).values[key]
    for tags in _tags(self).attached.values():
        tags.pop(key, None)
    return "{}"


@grafts.replaces(LakeFormationResponse)
def add_lf_tags_to_resource(self: Any) -> str:
    """AddLFTagsToResource: one value of each key, and a failure for each that is not known."""
    request = request_of(self)
    place, failures = _existing(self, request["Resource"]), []
    for each in request["LFTags"]:
        key, values = each["TagKey"], each["TagValues"]
        if len(values) != 1 or values[0] not in _tags(self).values.get(key, []):
            failures.append(_failure(each, "Tag or tag value does not exist."))
        else:
            _tags(self).attached.setdefault(place, {})[key] = values[0]
    return json.dumps({"Failures": failures})


@grafts.replaces(LakeFormationResponse)
def remove_lf_tags_from_resource(self: Any) -> str:
    """RemoveLFTagsFromResource, with a failure for each that is not attached."""
    request = request_of(self)
    held, failures = _tags(self).attached.get(_existing(self, request["Resource"]), {}), []
    for each in request["LFTags"]:
        if held.get(each["TagKey"]) not in each["TagValues"]:
            failures.append(_failure(each, "Tag is not attached to the resource."))
        else:
            del held[each["TagKey"]]
    return json.dumps({"Failures": failures})


@grafts.replaces(LakeFormationResponse)
def get_resource_lf_tags(self: Any) -> str:
    """GetResourceLFTags: inherited ones too, unless only those of its own are asked for."""
    request = request_of(self)
    catalog, namespace, table = _existing(self, request["Resource"])
    above = _tags(self).attached.get((catalog, namespace, ""), {})
    found = {"LFTagOnDatabase": _listed(above)}
    if table:
        own = _tags(self).attached.get((catalog, namespace, table), {})
        assigned = bool(request.get("ShowAssignedLFTags"))
        found = {"LFTagsOnTable": _listed(own if assigned else above | own)} | (
            {} if assigned else found
        )
    return json.dumps(found)


def _tags(response: Any) -> Tags:
    return attached(response.lakeformation_backend, Tags)


def _values(response: Any, key: str) -> list[str]:
    try:
        return list(_tags(response).values[key])
    except KeyError:
        raise EntityNotFound from None


def _listed(tags: dict[str, str]) -> list[dict[str, Any]]:
    return [{"TagKey": key, "TagValues": [value]} for key, value in sorted(tags.items())]


def _failure(tag: dict[str, Any], message: str) -> dict[str, Any]:
    error = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": message}
    return {"LFTag": tag, "Error": error}


def _existing(response: Any, resource: dict[str, Any]) -> Object:
    """The object that a request names; in a federated catalog it must exist."""
    kind, named = next(iter(resource.items()))
    if kind not in ("Database", "Table"):
        msg = f"LF-tags of a {kind} are not emulated"
        raise InvalidInput(msg)
    catalog = str(named.get("CatalogId") or response.current_account)
    namespace = str(named["Name"] if kind == "Database" else named["DatabaseName"])
    table = str(named["Name"]) if kind == "Table" else ""
    _, federated, bucket = catalog.partition(_FEDERATED)
    if federated and not _is_there(response, bucket, namespace, table):
        raise EntityNotFound
    return catalog, namespace, table


def _is_there(response: Any, bucket: str, namespace: str, table: str) -> bool:
    held = s3tables_backends[response.current_account][response.region].table_buckets.values()
    found = next((each for each in held if each.name == bucket), None)
    space = found.namespaces.get(namespace) if found else None
    return space is not None and (not table or table in space.tables)


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
