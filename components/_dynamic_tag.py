"""One value of one LF-tag: tags are of the account, so stacks add to them and share them.

Pulumi's own resource is the whole tag, which two stacks would take from each other. A value is a
resource, so that the engine takes it away after whatever carries it: Lake Formation refuses
otherwise ("Update not allowed", API reference, UpdateLFTag).
"""

from __future__ import annotations

import hashlib
import threading
from typing import Any

from botocore.exceptions import ClientError
from pulumi import Input, ResourceOptions
from pulumi.dynamic import CreateResult, ReadResult, Resource

from components._dynamic import AwsProvider, Props, client, code_of, patiently, shown
from components._dynamic_claims import Claims

_NEEDS = ("value",)

_one_at_a_time = threading.Lock()
"""Values of one tag are written together."""


class TagProvider(AwsProvider):
    """Adds a value to a tag, and takes it away when no stack of ours needs it."""

    identity = ("stack", "key", "value")

    def create(self, props: Props) -> CreateResult:
        """Add it, unless it is there."""
        with _one_at_a_time:
            claims = _claims(props)
            claims.write(props["stack"], {"needs": _NEEDS, "tag": _said(props)})
            change = claims.settle(props["stack"], before=(), needs=_NEEDS, present=_present(props))
            # Written down before it is made: a crash must not make it a stranger's.
            claims.keep(change.made)
            if change.add:
                patiently(lambda: _add(props), f"adding LF-tag {_said(props)}")
        shown(lambda: _values(props), lambda seen: props["value"] in seen, _said(props))
        return CreateResult(f"{props['account_id']}/{props['region']}/{_said(props)}", props)

    def read(self, id_: str, props: Props) -> ReadResult:
        """Nothing when another hand took it away."""
        return ReadResult(id_ if _present(props) else "", props)

    def delete(self, _id: str, _props: Props) -> None:
        """Take it away if ours added it and no other stack needs it."""
        with _one_at_a_time:
            claims = _claims(_props)
            # First, so that of two stacks that leave at once one sees that it is the last.
            claims.forget(_props["stack"])
            change = claims.settle(
                _props["stack"], before=_NEEDS, needs=(), present=_present(_props)
            )
            if change.remove:
                patiently(lambda: _remove(_props), f"removing LF-tag {_said(_props)}")
            claims.keep(change.made)


class LfTag(Resource, module="millrace", name="LfTag"):
    """One value of an LF-tag."""

    def __init__(self, name: str, props: dict[str, Input[Any]], opts: ResourceOptions) -> None:
        super().__init__(TagProvider(), name, dict(props), opts)


def _said(props: Props) -> str:
    return f"{props['key']}={props['value']}"


def _claims(props: Props) -> Claims:
    # Parameters' names have fewer characters than tags.
    digest = hashlib.sha256(_said(props).encode()).hexdigest()[:16]
    return Claims(client(props, "ssm"), f"lf-tags/{digest}")


def _values(props: Props) -> list[str]:
    try:
        found = client(props, "lakeformation").get_lf_tag(TagKey=props["key"])
    except ClientError as error:
        if code_of(error) == "EntityNotFoundException":
            return []
        raise
    return list(found["TagValues"])


def _present(props: Props) -> tuple[str, ...]:
    return _NEEDS if props["value"] in _values(props) else ()


def _add(props: Props) -> None:
    lake, key, value = client(props, "lakeformation"), props["key"], props["value"]
    if _values(props):
        lake.update_lf_tag(TagKey=key, TagValuesToAdd=[value])
    else:
        lake.create_lf_tag(TagKey=key, TagValues=[value])


def _remove(props: Props) -> None:
    lake, key, value = client(props, "lakeformation"), props["key"], props["value"]
    if _values(props) == [value]:
        # A tag without values there is none.
        lake.delete_lf_tag(TagKey=key)
    else:
        lake.update_lf_tag(TagKey=key, TagValuesToDelete=[value])
