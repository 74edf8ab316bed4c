"""Lake Formation: grants as the service keeps them, data cells filters, opt-ins, settings.

Nothing is enforced: the emulated engines read tables directly. What is right here is the
bookkeeping that a program of grants is checked against.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from moto.lakeformation.exceptions import InvalidInput
from moto.lakeformation.responses import LakeFormationResponse

from local.account.graft import Grafts, attached

grafts = Grafts()

_KINDS: Final = {
    "CATALOG": {"Catalog"},
    "DATABASE": {"Database"},
    "TABLE": {"Table", "TableWithColumns"},
    "DATA_LOCATION": {"DataLocation"},
    "DATA_CELLS_FILTER": {"DataCellsFilter"},
    "LF_TAG": {"LFTag"},
    "LF_TAG_POLICY": {"LFTagPolicy"},
    "LF_TAG_POLICY_DATABASE": {"LFTagPolicy"},
    "LF_TAG_POLICY_TABLE": {"LFTagPolicy"},
}
_PERMISSIONS = ("Permissions", "PermissionsWithGrantOption")

Entry = dict[str, Any]

ALL_TABLES: Final = "ALL_TABLES"
"""Name under which a table wildcard is listed."""


@dataclass
class Books:
    """What one region's Lake Formation holds besides moto's tags and resources."""

    grants: dict[str, list[Entry]] = field(default_factory=dict)
    filters: dict[tuple[str, ...], Entry] = field(default_factory=dict)
    opt_ins: list[Entry] = field(default_factory=list)
    resources: dict[str, Entry] = field(default_factory=dict)


def _is_the_account(key: str, value: Any) -> bool:
    """Whether this names the account's own catalog, which may as well be left out.

    A federated catalog's id (`<account>:s3tablescatalog/<bucket>`) tells two objects apart.
    """
    return key in ("CatalogId", "TableCatalogId") and str(value).isdigit()


def canonical(value: Any) -> Any:
    """A principal or resource with what does not tell two apart taken out."""
    if isinstance(value, dict):
        return {
            key: canonical(item) for key, item in value.items() if not _is_the_account(key, item)
        }
    if isinstance(value, list):
        return sorted((canonical(item) for item in value), key=json.dumps)
    return value


def same_grantee(entry: Entry, request: Entry) -> bool:
    """Whether a grant is for exactly this principal and resource."""
    return all(
        canonical(entry[key]) == canonical(request.get(key)) for key in ("Principal", "Resource")
    )


def covers(wanted: Entry, held: Entry) -> bool:
    """Whether ListPermissions for a resource returns a grant on another.

    A table's listing includes the grants on some of its columns.
    """
    want, have = canonical(wanted), canonical(held)
    kind, value = next(iter(want.items()))
    if kind not in ("Table", "TableWithColumns"):
        return bool(want == have)
    for key in ("Table", "TableWithColumns"):
        if key not in have:
            continue
        table = have[key]
        if any(table.get(part) != value.get(part) for part in ("CatalogId", "DatabaseName")):
            return False
        if kind == "Table" and "TableWildcard" in value:
            return key == "Table" and "TableWildcard" in table
        return "Name" in table and table["Name"] == value.get("Name")
    return False


def as_listed(entry: Entry) -> list[Entry]:
    """A grant as ListPermissions tells it, which is not as it was given.

    SELECT on a table comes back as an entry of its own, on all columns; every table is a table
    called ALL_TABLES (comments in the Terraform provider's permissions filters).
    """
    table = entry["Resource"].get("Table")
    if table is None:
        return [entry]
    if "TableWildcard" in table:
        table = table | {"Name": ALL_TABLES}
    rest = {key: [each for each in entry[key] if each != "SELECT"] for key in _PERMISSIONS}
    read = {key: [each for each in entry[key] if each == "SELECT"] for key in _PERMISSIONS}
    columns = {key: value for key, value in table.items() if key != "TableWildcard"}
    parts = [
        entry | rest | {"Resource": {"Table": table}},
        entry | read | {"Resource": {"TableWithColumns": columns | {"ColumnWildcard": {}}}},
    ]
    return [part for part in parts if part["Permissions"]]


def books_of(response: Any) -> Books:
    """The books of a request's region."""
    return attached(response.lakeformation_backend, Books)


def request_of(response: Any) -> Entry:
    """A request's JSON document."""
    document: Entry = json.loads(response.body or "{}")
    return document


def _grants(response: Any, request: Entry) -> list[Entry]:
    catalog = request.get("CatalogId") or response.current_account
    return books_of(response).grants.setdefault(catalog, [])


def grant(grants: list[Entry], request: Entry) -> None:
    """Add permissions to what the principal holds on the resource."""
    entry = next((entry for entry in grants if same_grantee(entry, request)), None)
    if entry is None:
        entry = {key: request[key] for key in ("Principal", "Resource")}
        entry |= {key: [] for key in _PERMISSIONS}
        grants.append(entry)
    for key in _PERMISSIONS:
        entry[key] = sorted({*entry[key], *(request.get(key) or [])})


def revoke(grants: list[Entry], request: Entry) -> None:
    """Take permissions away; what is not held is an error, as callers poll for that error."""
    entry = next((entry for entry in grants if same_grantee(entry, request)), None)
    asked = set(request.get("Permissions") or [])
    if entry is None or not asked & set(entry["Permissions"]):
        msg = f"No permissions revoked. Grantee does not have: {sorted(asked)}"
        raise InvalidInput(msg)
    for key in _PERMISSIONS:
        entry[key] = sorted(set(entry[key]) - set(request.get(key) or []))
    # The right to pass a permission on ends with the permission.
    held = set(entry["Permissions"])
    entry["PermissionsWithGrantOption"] = sorted(held & set(entry["PermissionsWithGrantOption"]))
    if not entry["Permissions"]:
        grants.remove(entry)


@grafts.replaces(LakeFormationResponse)
def grant_permissions(self: Any) -> str:
    """GrantPermissions."""
    request = request_of(self)
    grant(_grants(self, request), request)
    return "{}"


@grafts.replaces(LakeFormationResponse)
def revoke_permissions(self: Any) -> str:
    """RevokePermissions."""
    request = request_of(self)
    revoke(_grants(self, request), request)
    return "{}"


def _batch(response: Any, apply: Any) -> str:
    request = request_of(response)
    failures = []
    for entry in request.get("Entries", []):
        try:
            apply(_grants(response, request), entry)
        except InvalidInput as error:
            reason = {"ErrorCode": "InvalidInputException", "ErrorMessage": error.message}
            failures.append({"RequestEntry": entry, "Error": reason})
    return json.dumps({"Failures": failures})


@grafts.replaces(LakeFormationResponse)
def batch_grant_permissions(self: Any) -> str:
    """BatchGrantPermissions."""
    return _batch(self, grant)


@grafts.replaces(LakeFormationResponse)
def batch_revoke_permissions(self: Any) -> str:
    """BatchRevokePermissions, with a failure per entry that was not held."""
    return _batch(self, revoke)


@grafts.replaces(LakeFormationResponse)
def list_permissions(self: Any) -> str:
    """ListPermissions, in pages."""
    request = request_of(self)
    principal, resource = request.get("Principal"), request.get("Resource")
    if principal and not resource:
        msg = "Resource is mandatory if Principal is set in the input."
        raise InvalidInput(msg)
    kinds = _KINDS.get(request.get("ResourceType") or "")
    found = [
        entry
        for entry in _grants(self, request)
        if (not principal or canonical(entry["Principal"]) == canonical(principal))
        and (not resource or covers(resource, entry["Resource"]))
        and (kinds is None or kinds & set(entry["Resource"]))
    ]
    found = [part for entry in found for part in as_listed(entry)]
    start = int(request.get("NextToken") or 0)
    end = start + int(request.get("MaxResults") or 1000)
    more = {"NextToken": str(end)} if end < len(found) else {}
    return json.dumps({"PrincipalResourcePermissions": found[start:end]} | more)


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
