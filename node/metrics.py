"""`python3 -m node.metrics`, on the leader: puts the cluster's figures once a minute.

A source that does not answer leaves its figures out; the others are put. That figures are
missing at all is what the alarms take for the leader being gone.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from lakehouse import ports
from lakehouse.boot import BootDocument, parse
from node import journal, measures, paths, web
from node.errors import NodeError
from node.measures import Measure

LOG: Final = logging.getLogger("node.metrics")

EVERY: Final = 60.0
START_SECONDS: Final = 20.0
"""Left to the services that clients wait for."""

_LOOPBACK: Final = "127.0.0.1"

Get = Callable[[str, int, str], Any]


class Reporter:
    """Asks everybody and puts the answers."""

    def __init__(
        self, document: BootDocument, cloudwatch: Any, autoscaling: Any, get_json: Get
    ) -> None:
        """Clients of the account, and how to ask a service of the machine."""
        self._document = document
        self._cloudwatch = cloudwatch
        self._autoscaling = autoscaling
        self._get_json = get_json
        self._failing: set[str] = set()

    def report(self) -> list[Measure]:
        """Measure and put; a failure is told when it begins and when it ends."""
        measured = list(self._measure())
        self._try("the account's metrics", lambda: self._put(measured))
        return measured

    def _measure(self) -> Iterator[Measure]:
        status: dict[str, Any] = {}

        def node() -> list[Measure]:
            status.update(self._get_json(_LOOPBACK, ports.NODE_STATUS, "/"))
            return measures.of_status(status)

        def jvm() -> list[Measure]:
            return measures.of_jvm(self._get_json(_LOOPBACK, ports.DRIVER_UI, "/metrics/json/"))

        def executors() -> list[Measure]:
            application = status["application"]["id"]
            path = f"/api/v1/applications/{application}/executors"
            return measures.of_executors(self._get_json(_LOOPBACK, ports.DRIVER_UI, path))

        def workers() -> list[Measure]:
            return measures.of_workers(self._worker_groups())

        for what, source in (
            ("the node status", node),
            ("the driver's memory", jvm),
            ("the driver's executors", executors),
            ("the worker group", workers),
        ):
            yield from self._try(what, source)

    def _try(self, what: str, source: Callable[[], list[Any]]) -> list[Any]:
        # Everything asked is outside of this process, and botocore's errors have no common root.
        try:
            answer = source()
        except Exception as error:
            if what not in self._failing:
                LOG.warning("%s: %s", what, " ".join(str(error).split()) or type(error).__name__)
            self._failing.add(what)
            return []
        if what in self._failing:
            self._failing.discard(what)
            LOG.info("%s: well again", what)
        return answer

    def _worker_groups(self) -> list[dict[str, Any]]:
        tags = {
            "millrace:stack": self._document.stack,
            "millrace:generation": self._document.generation,
            "millrace:role": "worker",
        }
        filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
        answer = self._autoscaling.describe_auto_scaling_groups(Filters=filters)
        groups: list[dict[str, Any]] = answer["AutoScalingGroups"]
        if not groups:
            msg = f"the account has no Auto Scaling group with the tags {tags}"
            raise NodeError(msg)
        return groups

    def _put(self, measured: list[Measure]) -> list[Measure]:
        dimensions = [
            {"Name": "Stack", "Value": self._document.stack},
            {"Name": "Generation", "Value": self._document.generation},
        ]
        self._cloudwatch.put_metric_data(
            Namespace=measures.NAMESPACE,
            MetricData=[
                {
                    "MetricName": each.name,
                    "Dimensions": dimensions,
                    "Value": each.value,
                    "Unit": each.unit,
                }
                for each in measured
            ],
        )
        return measured


def main() -> int:
    """Report until stopped."""
    journal.configure()
    document = parse(paths.BOOT_DOCUMENT.read_text(encoding="utf-8"))
    time.sleep(START_SECONDS)
    # Here, because importing it takes longer than everything above.
    from node.aws import Account

    account = Account(region=document.region, endpoint_url=document.aws_endpoint_url)
    reporter = Reporter(
        document, account.client("cloudwatch"), account.client("autoscaling"), web.get_json
    )
    while True:
        started = time.monotonic()
        reporter.report()
        time.sleep(max(1.0, EVERY - (time.monotonic() - started)))


if __name__ == "__main__":
    sys.exit(main())
