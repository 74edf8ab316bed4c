"""One grant of Lake Formation, in the form that the service returns it.

Pulumi's own resource sends what it is given and compares that with what comes back, so that
`ALL` and SELECT change with every preview, and it believes a revocation without looking. It also
takes no catalog of a table bucket. This one is normalised before, and looked at after.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError
from pulumi import Input, ResourceOptions
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from components._dynamic import AwsProvider, Props, client, code_of, patiently, shown
from lakehouse.grants.normalise import held, key_of

Held = tuple[set[str], set[str]]

NOT_HELD = "No permissions revoked"
"""What the service says of a revocation that has nothing to do."""


class GrantProvider(AwsProvider):
    """Grants, narrows and revokes, and sees that it is so."""

    identity = ("principal", "resource")
    compared = ("permissions", "grantable", "enforced_by")

    def create(self, props: Props) -> CreateResult:
        """Give it; a part that is held already stays."""
        _settle(props, before=(set(), set()))
        text = f"{props['principal']} {key_of(props['resource'])}"
        return CreateResult(hashlib.sha256(text.encode()).hexdigest()[:32], props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Give what is new and take what is no longer declared."""
        _settle(_news, before=_wanted(_olds))
        return UpdateResult(_news)

    def read(self, id_: str, props: Props) -> ReadResult:
        """What is held now; nothing when all of it is gone."""
        permissions, grantable = _held(props)
        if not permissions:
            return ReadResult("", props)
        seen = {"permissions": sorted(permissions), "grantable": sorted(grantable)}
        return ReadResult(id_, {**props, **seen})

    def delete(self, _id: str, _props: Props) -> None:
        """Take it, and see that it is gone."""
        nothing = {**_props, "permissions": [], "grantable": []}
        _settle(nothing, before=_wanted(_props))


class Grant(Resource, module="millrace", name="Grant"):
    """What one principal may do with one object."""

    def __init__(self, name: str, props: dict[str, Input[Any]], opts: ResourceOptions) -> None:
        super().__init__(GrantProvider(), name, dict(props), opts)


def _wanted(props: Props) -> Held:
    return set(props["permissions"]), set(props["grantable"])


def _held(props: Props) -> Held:
    """What the principal holds on exactly this object."""
    try:
        entries = list(_list(props))
    except ClientError as error:
        # The object went and took its grants along.
        if code_of(error) == "EntityNotFoundException":
            return set(), set()
        raise
    nothing: Held = (set(), set())
    return held(entries).get((props["principal"], key_of(props["resource"])), nothing)


def _list(props: Props) -> Iterator[dict[str, Any]]:
    """All pages, for which boto3 has no paginator."""
    call, token = client(props, "lakeformation").list_permissions, ""
    asked = {"Principal": _principal(props), "Resource": _listed(props["resource"])}
    while True:
        page = call(**asked, **({"NextToken": token} if token else {}))
        yield from page["PrincipalResourcePermissions"]
        token = page.get("NextToken") or ""
        if not token:
            return


def _settle(props: Props, before: Held) -> None:
    """Grant what is missing, revoke what was declared before and is no longer."""
    wanted, there = _wanted(props), _held(props)
    missing, options = wanted[0] - there[0], wanted[1] - there[1]
    if missing or options:
        _call("grant_permissions", props, missing | options, options)
    surplus, passing = (before[0] - wanted[0]) & there[0], (before[1] - wanted[1]) & there[1]
    if surplus:
        _revoke(props, surplus, surplus & there[1])
    if passing - surplus:
        _revoke_option(props, passing - surplus)
    shown(
        lambda: _held(props),
        lambda seen: wanted[0] <= seen[0] and wanted[1] <= seen[1] and not surplus & seen[0],
        f"{props['object']} with {sorted(wanted[0]) or 'nothing'} for {props['principal']}",
    )


def _revoke(props: Props, permissions: set[str], options: set[str]) -> None:
    try:
        _call("revoke_permissions", props, permissions, options)
    except ClientError as error:
        gone = code_of(error) == "EntityNotFoundException" or NOT_HELD in str(error)
        if not gone:
            raise


def _revoke_option(props: Props, options: set[str]) -> None:
    """Take the right to pass on, and leave the permission itself."""
    _revoke(props, options, options)
    _call("grant_permissions", props, options, set())


def _call(operation: str, props: Props, permissions: set[str], options: set[str]) -> None:
    call = getattr(client(props, "lakeformation"), operation)
    verb = operation.partition("_")[0]
    patiently(
        lambda: call(
            Principal=_principal(props),
            Resource=props["resource"],
            Permissions=sorted(permissions),
            PermissionsWithGrantOption=sorted(options),
        ),
        f"{verb} {', '.join(sorted(permissions))} on {props['object']}",
    )


def _principal(props: Props) -> dict[str, str]:
    return {"DataLakePrincipalIdentifier": props["principal"]}


def _listed(resource: dict[str, Any]) -> dict[str, Any]:
    """What to list to find a grant: those on columns are listed with their table."""
    if "TableWithColumns" not in resource:
        return resource
    table = resource["TableWithColumns"]
    return {"Table": {key: table[key] for key in ("CatalogId", "DatabaseName", "Name")}}
