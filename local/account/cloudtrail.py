"""CloudTrail: a trail is known by its name and by its ARN."""

from __future__ import annotations

import json
from typing import Any

from moto.cloudtrail.models import CloudTrailBackend
from moto.cloudtrail.responses import CloudTrailResponse

from local.account.graft import Grafts

grafts = Grafts()


@grafts.replaces(CloudTrailResponse)
def describe_trails(self: Any) -> str:
    """DescribeTrails, by name or ARN."""
    result = grafts.original(CloudTrailResponse, "describe_trails")(self)
    names = self._get_param("trailNameList") or []
    trails = json.loads(result)["trailList"]
    found = [
        trail for trail in trails if not names or {trail["Name"], trail["TrailARN"]} & {*names}
    ]
    return json.dumps({"trailList": found})


@grafts.replaces(CloudTrailBackend)
def delete_trail(self: Any, name: str) -> None:
    """DeleteTrail, by name or ARN."""
    grafts.original(CloudTrailBackend, "delete_trail")(self, name.rpartition("/")[2])


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
