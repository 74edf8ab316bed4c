"""Maintenance of the tables that users made: what they have, and what they are meant to have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from lakehouse.errors import PreflightError
from lakehouse.maintenance import OUT_OF_THE_BOX, Maintenance, from_api
from lakehouse.policies import Account as Place
from lakehouse.tiers import Tier
from ops.aws import AwsError, _Service

AT_ONCE: Final = 8
"""Calls under way at a time; the client keeps ten connections."""

HOURS: Final = 24


class State(StrEnum):
    """How a table's settings come about."""

    AS_MEANT = "as meant"
    NEW = "never set"
    """It has what S3 Tables gives every table."""
    DECLARED = "not as declared"
    """The stack file names the table."""
    OWN = "set by somebody else"
    """Left alone, unless the operator says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One table."""

    catalog: str
    bucket_arn: str
    namespace: str
    table: str
    actual: Maintenance
    wanted: Maintenance
    state: State
    is_broken: bool
    """Whether it keeps history for less than is promised."""
    failures: dict[str, str] = field(default_factory=dict)
    """Kind of maintenance -> why its last job failed."""

    @property
    def name(self) -> str:
        """As in SQL."""
        return f"{self.catalog}.{self.namespace}.{self.table}"

    @property
    def due(self) -> bool:
        """Whether `apply` sets it without being told twice."""
        return self.state in (State.NEW, State.DECLARED)

    @property
    def is_noteworthy(self) -> bool:
        """Whether somebody would want to know."""
        return self.state is not State.AS_MEANT or self.is_broken or bool(self.failures)

    @property
    def where(self) -> dict[str, str]:
        """The table, in the words of the API."""
        return {
            "tableBucketARN": self.bucket_arn,
            "namespace": self.namespace,
            "name": self.table,
        }

    def to_mapping(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "table": self.name,
            "state": self.state.value,
            "history_is_shorter_than_promised": self.is_broken,
            "failures": self.failures,
            "actual": self.actual.to_mapping(),
            "wanted": self.wanted.to_mapping(),
        }


class S3Tables(_Service):
    """Tables and their maintenance."""

    name = "s3tables"

    def tables(self, bucket_arn: str) -> Iterator[tuple[str, str]]:
        """Namespace and name of every table of a bucket."""
        for each in self._pages("list_tables", "tables", tableBucketARN=bucket_arn):
            yield each["namespace"][0], each["name"]

    def maintenance(self, where: dict[str, str]) -> Maintenance:
        """What a table has."""
        found = self._call("get_table_maintenance_configuration", **where)
        return from_api(found["configuration"])

    def failures(self, where: dict[str, str]) -> dict[str, str]:
        """Kind of maintenance -> why its last job failed."""
        found = self._call("get_table_maintenance_job_status", **where)["status"]
        return {
            kind: each.get("failureMessage", "no reason given")
            for kind, each in found.items()
            if each["status"] == "Failed"
        }

    def set(self, where: dict[str, str], actual: Maintenance, wanted: Maintenance) -> None:
        """Set what differs."""
        present = actual.to_api()
        for kind, value in wanted.to_api().items():
            if present[kind] != value:
                self._call("put_table_maintenance_configuration", **where, type=kind, value=value)


def chosen(found: tuple[Tier, ...], catalog: str) -> tuple[Tier, ...]:
    """The tiers that are asked for.

    Raises:
        PreflightError: there is no such catalog; the message lists those there are.
    """
    picked = tuple(tier for tier in found if catalog in ("", tier.catalog))
    if not picked:
        have = ", ".join(tier.catalog for tier in found)
        msg = f"no catalog {catalog!r} in this stack; there are: {have}"
        raise PreflightError(msg)
    return picked


def rows(
    service: S3Tables, found: Sequence[Tier], place: Place, promised_days: int | None, *, jobs: bool
) -> list[Row]:
    """Every table of these tiers, in the order of their names within a tier."""
    listed = [
        (tier, tier.arn(place), *each)
        for tier in found
        for each in sorted(service.tables(tier.arn(place)))
    ]

    def read(entry: tuple[Tier, str, str, str]) -> Row | None:
        tier, bucket_arn, namespace, table = entry
        where = {"tableBucketARN": bucket_arn, "namespace": namespace, "name": table}
        try:
            actual = service.maintenance(where)
            failures = service.failures(where) if jobs else {}
        except AwsError as error:
            if error.code == "NotFoundException":
                # Dropped while the others were read.
                return None
            raise
        wanted = tier.wanted(f"{namespace}.{table}")
        return Row(
            catalog=tier.catalog,
            bucket_arn=bucket_arn,
            namespace=namespace,
            table=table,
            actual=actual,
            wanted=wanted,
            state=_state(actual, wanted, is_declared=f"{namespace}.{table}" in tier.shape.tables),
            is_broken=actual.history_hours < (promised_days or 0) * HOURS,
            failures=failures,
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [row for row in pool.map(read, listed) if row is not None]


def apply(service: S3Tables, due: Sequence[Row]) -> list[str]:
    """Set what is due; returns what the account refused, and why."""

    def write(row: Row) -> str:
        try:
            service.set(row.where, row.actual, row.wanted)
        except AwsError as error:
            return "" if error.code == "NotFoundException" else f"{row.name}: {error}"
        return ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [said for said in pool.map(write, due) if said]


def _state(actual: Maintenance, wanted: Maintenance, *, is_declared: bool) -> State:
    if actual == wanted:
        return State.AS_MEANT
    if is_declared:
        return State.DECLARED
    return State.NEW if actual == OUT_OF_THE_BOX else State.OWN
