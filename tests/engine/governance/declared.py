"""What a stack of the tests declares for its governance."""

from __future__ import annotations

from typing import Any

from tests.engine.place import ACCOUNT_ID

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role"
READERS = {
    "bi": {"engines": ["athena", "redshift"], "trusted": [f"{ROLE}/bi"]},
    "notebooks": {"engines": ["spark"], "trusted": [f"{ROLE}/notebooks"]},
}
ORDERS = {"to": "bi", "namespace": "sales", "table": "orders"}


def governed(*grants: dict[str, Any], **changes: Any) -> dict[str, Any]:
    base = {
        "federation": "create",
        "third_party_engines": True,
        "admins": [f"{ROLE}/platform"],
        "readers": READERS,
        "grants": list(grants),
    }
    return {**base, **changes}
