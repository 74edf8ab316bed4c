"""SQS: documents are read back without spaces, as AWS writes them."""

from __future__ import annotations

import json
from typing import Any

from moto.sqs.responses import SQSResponse

from local.account.graft import Grafts

grafts = Grafts()


@grafts.replaces(SQSResponse)
def get_queue_attributes(self: Any) -> Any:
    """GetQueueAttributes."""
    result = grafts.original(SQSResponse, "get_queue_attributes")(self)
    attributes = (result.result or {}).get("Attributes", {})
    for key in ("RedrivePolicy", "RedriveAllowPolicy"):
        if attributes.get(key):
            attributes[key] = json.dumps(json.loads(attributes[key]), separators=(",", ":"))
    return result


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
