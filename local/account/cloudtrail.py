"""CloudTrail: asking for trails by name returns those."""

from __future__ import annotations

import json
from typing import Any

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


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
