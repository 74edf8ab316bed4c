"""Lake Formation's settings: one to an account and region, so merged and never replaced.

Pulumi's own resource writes all of them and clears what it is not told; this one adds what the
stack needs, leaves the rest as it is, and takes away only what our stacks added.
"""

from __future__ import annotations

from typing import Any

from pulumi import Input, ResourceOptions
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from components._dynamic import AwsProvider, Props, client, patiently, shown
from components._dynamic_claims import Claims

ADMIN = "admin:"
THIRD_PARTY = "third-party-engines"
_FLAG = "AllowFullTableExternalDataAccess"


class SettingsProvider(AwsProvider):
    """Adds administrators and lets engines outside AWS in."""

    identity = ("stack",)
    compared = ("admins", "third_party_engines")

    def create(self, props: Props) -> CreateResult:
        """Add what is missing."""
        _settle(props, before=set(), needs=_needs(props))
        return CreateResult(f"{props['account_id']}/{props['region']}", props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Add what is new, take away what nobody needs any more."""
        _settle(_news, before=_needs(_olds), needs=_needs(_news))
        return UpdateResult(_news)

    def read(self, id_: str, props: Props) -> ReadResult:
        """What of the stack's needs is met: the rest shows as a change."""
        present = _present(_get(props))
        admins = [arn for arn in props["admins"] if f"{ADMIN}{arn}" in present]
        flag = props["third_party_engines"] and THIRD_PARTY in present
        return ReadResult(id_, {**props, "admins": admins, "third_party_engines": flag})

    def delete(self, _id: str, _props: Props) -> None:
        """Take away what our stacks added and no other one needs."""
        _settle(_props, before=_needs(_props), needs=set())


class LakeFormationSettings(Resource, module="millrace", name="LakeFormationSettings"):
    """The stack's share of the settings."""

    def __init__(self, name: str, props: dict[str, Input[Any]], opts: ResourceOptions) -> None:
        super().__init__(SettingsProvider(), name, dict(props), opts)


def _needs(props: Props) -> set[str]:
    flag = {THIRD_PARTY} if props["third_party_engines"] else set()
    return {f"{ADMIN}{arn}" for arn in props["admins"]} | flag


def _settle(props: Props, *, before: set[str], needs: set[str]) -> None:
    claims, stack = Claims(client(props, "ssm"), "settings"), props["stack"]
    if needs:
        claims.write(stack, {"needs": sorted(needs)})
    else:
        # First, so that of two stacks that leave at once one sees that it is the last.
        claims.forget(stack)
    change = claims.settle(stack, before=before, needs=needs, present=_present(_get(props)))
    claims.keep(change.made | change.remove)
    if change.add or change.remove:
        _merge(props, set(change.add), set(change.remove))
    claims.keep(change.made)


def _merge(props: Props, add: set[str], remove: set[str]) -> None:
    """Read, change and write back, until the account shows it: others write here too."""
    lake = client(props, "lakeformation")

    def write() -> None:
        settings = _get(props)
        settings["DataLakeAdmins"] = [
            {"DataLakePrincipalIdentifier": arn}
            for arn in sorted((_admins(settings) | _arns(add)) - _arns(remove))
        ]
        if THIRD_PARTY in add | remove:
            settings[_FLAG] = THIRD_PARTY in add
        lake.put_data_lake_settings(DataLakeSettings=settings)

    def probe() -> set[str]:
        present = _present(_get(props))
        if not (add <= present and not remove & present):
            patiently(write, "writing Lake Formation's settings")
            present = _present(_get(props))
        return present

    shown(
        probe,
        lambda present: add <= present and not remove & present,
        f"Lake Formation's settings with {sorted(add) or 'nothing'} and without "
        f"{sorted(remove) or 'nothing'}",
    )


def _get(props: Props) -> dict[str, Any]:
    found = client(props, "lakeformation").get_data_lake_settings()
    settings: dict[str, Any] = found["DataLakeSettings"]
    return settings


def _admins(settings: dict[str, Any]) -> set[str]:
    return {each["DataLakePrincipalIdentifier"] for each in settings.get("DataLakeAdmins", [])}


def _arns(claims: set[str]) -> set[str]:
    return {each.removeprefix(ADMIN) for each in claims if each.startswith(ADMIN)}


def _present(settings: dict[str, Any]) -> set[str]:
    flag = {THIRD_PARTY} if settings.get(_FLAG) else set()
    return {f"{ADMIN}{arn}" for arn in _admins(settings)} | flag
