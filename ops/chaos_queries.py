"""Queries of our own, for when nobody else has one running: they need no table."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Final

from ops.connect import Connection
from ops.session import open_session

MIX: Final = (
    "SELECT count(*), sum(n) FROM (SELECT id % 200000 AS k, count(*) AS n, "
    "max(sha2(cast(id AS string), 256)) AS digest FROM range(0, 3000000, 1, 24) GROUP BY 1)",
    "SELECT count(*), sum(a.id) FROM range(0, 1500000, 1, 24) a JOIN range(0, 3000000, 2, 24) b "
    "ON a.id = b.id",
    "SELECT sum(place * k) FROM (SELECT id % 997 AS k, row_number() OVER "
    "(PARTITION BY id % 997 ORDER BY hash(id), id) AS place FROM range(0, 1000000, 1, 24))",
)
"""An aggregation, a join and a window, each with a shuffle."""

SETTINGS: Final = {
    "spark.sql.shuffle.partitions": "24",
    "spark.sql.adaptive.coalescePartitions.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
}

JOIN_SECONDS: Final = 900.0


class Queries:
    """A session and a thread for each; what they return is nobody's concern, that they do is."""

    def __init__(self, connection: Connection, statements: Sequence[str] = MIX) -> None:
        self._failed: list[str] = []
        self._threads = [
            threading.Thread(target=self._run, args=(connection, each), daemon=True)
            for each in statements
        ]

    def start(self) -> None:
        """Begin all."""
        for each in self._threads:
            each.start()

    @property
    def running(self) -> bool:
        """Whether any has not come back."""
        return any(each.is_alive() for each in self._threads)

    def failures(self) -> list[str]:
        """Wait for all; what their clients met."""
        for each in self._threads:
            each.join(JOIN_SECONDS)
        late = ["a query has not come back"] * self.running
        return [*self._failed, *late]

    def _run(self, connection: Connection, statement: str) -> None:
        try:
            session: Any = open_session(connection)
            for key, value in SETTINGS.items():
                session.conf.set(key, value)
            session.sql(statement).collect()
        # Whatever a client can meet is what is measured here.
        except Exception as error:
            self._failed.append(f"{type(error).__name__}: {error}"[:500])
