"""CloudWatch: a composite alarm is an alarm with a rule instead of a metric."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse

from local.account.graft import Grafts

grafts = Grafts()


@grafts.adds(CloudWatchResponse)
def put_composite_alarm(self: Any) -> Any:
    """PutCompositeAlarm."""
    return self.put_metric_alarm()


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
