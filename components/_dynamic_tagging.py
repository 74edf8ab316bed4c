"""The LF-tags of one namespace or table: those that are declared; others' are left alone.

Pulumi's own resource has not been seen to take a catalog of a table bucket, and replaces what it
could change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from pulumi import Input, ResourceOptions
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from components._dynamic import AwsProvider, Props, client, code_of, patiently, shown
from lakehouse.grants.normalise import key_of

_GONE = "EntityNotFoundException"
_FOUND = ("LFTagOnDatabase", "LFTagsOnTable")


class TaggingProvider(AwsProvider):
    """Attaches, changes and takes off, and sees that it is so."""

    identity = ("resource",)
    compared = ("tags",)

    def create(self, props: Props) -> CreateResult:
        """Attach them; one of another value is changed."""
        _settle(props, before=())
        return CreateResult(key_of(props["resource"]), props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Attach what is new, take off what is no longer declared."""
        _settle(_news, before=_olds["tags"])
        return UpdateResult(_news)

    def read(self, id_: str, props: Props) -> ReadResult:
        """What of the declared tags is attached; nothing when none is or the object is gone."""
        found = _attached(props)
        seen = {key: found[key] for key in props["tags"] if key in found}
        return ReadResult(id_ if seen else "", {**props, "tags": seen} if seen else props)

    def delete(self, _id: str, _props: Props) -> None:
        """Take them off, and see that they are gone."""
        _settle({**_props, "tags": {}}, before=_props["tags"])


class Tagging(Resource, module="millrace", name="Tagging"):
    """The LF-tags of one object."""

    def __init__(self, name: str, props: dict[str, Input[Any]], opts: ResourceOptions) -> None:
        super().__init__(TaggingProvider(), name, dict(props), opts)


def _attached(props: Props) -> dict[str, str]:
    """Key and value of each tag of the object's own."""
    try:
        found = client(props, "lakeformation").get_resource_lf_tags(
            Resource=props["resource"], ShowAssignedLFTags=True
        )
    except ClientError as error:
        # The object went and took its tags along.
        if code_of(error) == _GONE:
            return {}
        raise
    own = found.get(_FOUND["Table" in props["resource"]]) or []
    return {each["TagKey"]: each["TagValues"][0] for each in own}


def _settle(props: Props, before: Iterable[str]) -> None:
    """Attach what is missing; take off what was declared before and is no longer."""
    wanted: Mapping[str, str] = props["tags"]
    there = _attached(props)
    missing = {key: value for key, value in wanted.items() if there.get(key) != value}
    surplus = {key: there[key] for key in before if key not in wanted and key in there}
    if missing:
        _call("add_lf_tags_to_resource", props, missing)
    if surplus:
        _call("remove_lf_tags_from_resource", props, surplus)
    shown(
        lambda: _attached(props),
        lambda seen: wanted.items() <= seen.items() and not surplus.keys() & seen.keys(),
        f"{props['object']} with LF-tags {dict(wanted) or 'no more'}",
    )


def _call(operation: str, props: Props, tags: Mapping[str, str]) -> None:
    """Change tags of the object. Lake Formation answers with failures instead of an error."""
    lake = client(props, "lakeformation")
    pairs = [{"TagKey": key, "TagValues": [tags[key]]} for key in sorted(tags)]
    what = f"LF-tags {', '.join(f'{key}={tags[key]}' for key in sorted(tags))} of {props['object']}"
    try:
        answer = patiently(
            lambda: getattr(lake, operation)(Resource=props["resource"], LFTags=pairs), what
        )
    except ClientError as error:
        if code_of(error) != _GONE:
            raise
        if operation.startswith("remove"):
            return
        msg = (
            f"{what}: there is no such object; make the table first, or tag its namespace, whose "
            "tags its tables have"
        )
        raise RuntimeError(msg) from error
    failures = answer.get("Failures") or []
    if failures:
        said = "; ".join(
            f"{each['LFTag']['TagKey']}: {each['Error'].get('ErrorMessage')}" for each in failures
        )
        msg = f"{what}: Lake Formation says {said}"
        raise RuntimeError(msg)
