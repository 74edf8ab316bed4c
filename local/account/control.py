"""The control API under ``/_local/``: what the local cloud's daemons and tests tell the account.

GET  /_local/health                   {"ok", "boot_id"}
PUT  /_local/target-health            {"<target group arn>": {"<instance>": "healthy"}}
PUT  /_local/capacity                 {"<type>[@zone]" or "on-demand/<type>[@zone]": n or null}
GET  /_local/capacity                 the limits set
PUT  /_local/prices                   {"<type>[@zone]": dollars an hour or null}, of spot
GET  /_local/prices                   the prices set
POST /_local/spot-interruptions       {"instance_id", "seconds", "notice"}
POST /_local/rebalance                {"instance_id"}
GET  /_local/instances/<id>/notices   {"instance_action", "rebalance"}
POST /_local/role-credentials         {"instance_id"}
POST /_local/clock                    {"advance": seconds}

``capacity`` and ``prices`` take the region from ``?region=``, else the one that has groups.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from moto.autoscaling.models import autoscaling_backends

from local.account import clock, credentials, ec2, elbv2, members, pools, prices, spot, upkeep
from local.account.environment import ACCOUNT_ID, DEFAULT_REGION

PREFIX: Final = "/_local/"
BOOT_ID: Final = str(uuid.uuid4())

Document = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One call."""

    path: str
    query: dict[str, list[str]]
    body: Document


class Refused(Exception):
    """A call that cannot be done, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


def _instance(request: Request, instance_id: str | None = None) -> Any:
    wanted = instance_id or request.body.get("instance_id")
    instance = spot.find(wanted) if wanted else None
    if instance is None:
        raise Refused(404, f"instance_id = {wanted}: no such instance, see DescribeInstances")
    return instance


def _health(_: Request) -> Document:
    return {"ok": True, "boot_id": BOOT_ID}


def _target_health(request: Request) -> Document:
    elbv2.report(request.body)
    upkeep.tick()
    return {}


def _region(request: Request) -> str:
    given = request.query.get("region")
    regions = given or list(autoscaling_backends[ACCOUNT_ID]) or [DEFAULT_REGION]
    if len(regions) != 1:
        raise Refused(400, f"region: name one with ?region=, groups are in {regions}")
    return regions[0]


def _limits(request: Request) -> pools.Limits:
    return pools.limits(_region(request))


def _read_prices(request: Request) -> Document:
    return dict(prices.prices(_region(request)).dollars)


def _set_prices(request: Request) -> Document:
    for key, price in request.body.items():
        if price is not None and (not isinstance(price, int | float) or not price > 0):
            raise Refused(400, f"{key} = {price}: give dollars an hour, or null for the usual")
    prices.prices(_region(request)).set(request.body)
    return _read_prices(request)


def _read_capacity(request: Request) -> Document:
    return dict(_limits(request).limits)


def _set_capacity(request: Request) -> Document:
    for key, limit in request.body.items():
        if limit is not None and (not isinstance(limit, int) or limit < 0):
            raise Refused(400, f"{key} = {limit}: give a number of instances, or null for no limit")
    _limits(request).set(request.body)
    for group in members.groups():
        members.notes(group).retry_at = 0.0
    upkeep.tick()
    return _read_capacity(request)


def _interrupt(request: Request) -> Document:
    body = request.body
    instance = _instance(request)
    action = body.get("action", "terminate")
    if action != "terminate":
        raise Refused(400, f"action = {action}: only terminate is emulated")
    seconds = float(body.get("seconds", 120))
    spot.interrupt(instance, seconds=seconds, notice=bool(body.get("notice", True)))
    return _notices_of(instance)


def _rebalance(request: Request) -> Document:
    instance = _instance(request)
    spot.recommend_rebalance(instance)
    return _notices_of(instance)


def _notices(request: Request) -> Document:
    return _notices_of(_instance(request, request.path.split("/")[3]))


def _notices_of(instance: Any) -> Document:
    told = spot.notices(instance)
    return {"instance_action": told.instance_action, "rebalance": told.rebalance}


def _credentials(request: Request) -> Document:
    found = credentials.for_instance(_instance(request))
    if found is None:
        raise Refused(404, f"{request.body['instance_id']} has no instance profile with a role")
    return dict(found)


def _clock(request: Request) -> Document:
    clock.advance(float(request.body.get("advance", 0)))
    spot.tick()
    ec2.forget_terminated()
    return {"now": clock.now()}


_ROUTES: Final[dict[tuple[str, str], Callable[[Request], Document]]] = {
    ("GET", "health"): _health,
    ("PUT", "target-health"): _target_health,
    ("GET", "capacity"): _read_capacity,
    ("PUT", "capacity"): _set_capacity,
    ("GET", "prices"): _read_prices,
    ("PUT", "prices"): _set_prices,
    ("POST", "spot-interruptions"): _interrupt,
    ("POST", "rebalance"): _rebalance,
    ("GET", "instances"): _notices,
    ("POST", "role-credentials"): _credentials,
    ("POST", "clock"): _clock,
}


def answer(method: str, path: str, query: str, body: bytes) -> tuple[int, Document]:
    """Do one call."""
    parts = path[len(PREFIX) :].strip("/").split("/")
    route = _ROUTES.get((method, parts[0]))
    shape_is_right = parts[1:] == [] or (parts[0] == "instances" and parts[2:] == ["notices"])
    if route is None or not shape_is_right:
        return 404, {"error": f"no such call: {method} {path}"}
    try:
        document = json.loads(body or b"{}")
        if not isinstance(document, dict):
            return 400, {"error": "the body must be a JSON object"}
        return 200, route(Request(path, parse_qs(query), document))
    except Refused as refusal:
        return refusal.status, {"error": str(refusal)}
    except (ValueError, TypeError) as problem:
        return 400, {"error": str(problem)}
