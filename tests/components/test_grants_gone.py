"""What is taken away is looked for until it is gone: a service that says yes is not believed."""

from __future__ import annotations

from typing import Any

import pytest

from components import _dynamic, _dynamic_grant, _dynamic_tagging
from components._dynamic_grant import GrantProvider
from components._dynamic_tagging import TaggingProvider

PRINCIPAL = "arn:aws:iam::123456789012:role/reader"
RESOURCE = {"Table": {"CatalogId": "1", "DatabaseName": "sales", "Name": "orders"}}
GRANT: dict[str, Any] = {
    "account_id": "123456789012",
    "region": "eu-central-1",
    "principal": PRINCIPAL,
    "resource": RESOURCE,
    "permissions": ["DESCRIBE", "SELECT"],
    "grantable": [],
    "object": "lake.sales.orders",
}
TAGGING = {**GRANT, "tags": {"domain": "sales"}}


class Forgetful:
    """Lake Formation that answers every change with success and does it some calls later."""

    def __init__(self, after: int) -> None:
        self._after = after
        self.calls = 0
        self.held = {"DESCRIBE", "SELECT"}
        self.tags = {"domain": "sales"}

    def _seen(self) -> bool:
        self.calls += 1
        return self.calls > self._after

    def revoke_permissions(self, **asked: Any) -> None:
        assert set(asked["Permissions"]) <= {"DESCRIBE", "SELECT"}

    def remove_lf_tags_from_resource(self, **asked: Any) -> dict[str, Any]:
        assert asked["LFTags"]
        return {}

    def list_permissions(self, **asked: Any) -> dict[str, Any]:
        entry = {
            "Principal": asked["Principal"],
            "Resource": RESOURCE,
            "Permissions": sorted(self.held),
        }
        return {"PrincipalResourcePermissions": [] if self._seen() else [entry]}

    def get_resource_lf_tags(self, **asked: Any) -> dict[str, Any]:
        assert asked["ShowAssignedLFTags"]
        pairs = [{"TagKey": key, "TagValues": [value]} for key, value in self.tags.items()]
        return {"LFTagsOnTable": [] if self._seen() else pairs}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Forgetful:
    lake = Forgetful(request.param)
    for module in (_dynamic_grant, _dynamic_tagging):
        monkeypatch.setattr(module, "client", lambda *_: lake)
    monkeypatch.setattr(_dynamic, "PAUSE", 0.0)
    monkeypatch.setattr(_dynamic, "LONGEST_PAUSE", 0.0)
    if request.param > 100:
        monkeypatch.setattr(_dynamic, "DEADLINE", 0.0)
    return lake


@pytest.mark.parametrize("service", [3], indirect=True)
@pytest.mark.parametrize("provider", [GrantProvider(), TaggingProvider()])
def test_what_goes_late_is_waited_for(
    service: Forgetful, provider: GrantProvider | TaggingProvider
) -> None:
    provider.delete("id", {**GRANT, **TAGGING})
    assert service.calls > 1


@pytest.mark.parametrize("service", [10_000], indirect=True)
def test_a_grant_that_stays_fails_the_update_and_says_what_is_held(service: Forgetful) -> None:
    assert service.held
    with pytest.raises(TimeoutError, match=r"lake\.sales\.orders.*last seen: .*SELECT"):
        GrantProvider().delete("id", GRANT)


@pytest.mark.parametrize("service", [10_000], indirect=True)
def test_tags_that_stay_fail_the_update_and_are_named(service: Forgetful) -> None:
    assert service.tags
    with pytest.raises(TimeoutError, match=r"lake\.sales\.orders.*last seen: .*domain"):
        TaggingProvider().delete("id", TAGGING)
