"""`lakehouse tables maintenance`: shown before it is done, and nobody's own settings are lost."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakehouse.errors import PreflightError
from lakehouse.maintenance import Maintenance, from_api
from ops import tables
from ops.redact import Redactor

CATALOG: dict[str, Any] = {
    "namespaces": ["default"],
    "time_travel_days": 30,
    "maintenance": {"maximum_snapshot_age_hours": 720},
    "tables": {"default.orders": {"target_file_mb": 128}},
    "tiers": {"bronze": {"maintenance": {"strategy": "binpack"}, "expected_tables": 1}},
}
WANTED = Maintenance(maximum_snapshot_age_hours=720)


class Service:
    """S3 Tables with a few tables, whose settings are what was put there."""

    def __init__(self, found: dict[tuple[str, str], Maintenance]) -> None:
        self.found = found
        self.put: list[tuple[str, str]] = []
        self.failed: set[str] = set()
        self.refused: set[str] = set()

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012"}

    def get_paginator(self, operation: str) -> Service:
        assert operation == "list_tables"
        return self

    def paginate(self, tableBucketARN: str) -> Iterator[dict[str, Any]]:
        bucket = tableBucketARN.rpartition("/")[2]
        for name in reversed([table for where, table in self.found if where == bucket]):
            yield {"tables": [{"namespace": ["default"], "name": name}]}

    def get_table_maintenance_configuration(self, **where: str) -> dict[str, Any]:
        key = self._key(where)
        if key not in self.found:
            raise ClientError({"Error": {"Code": "NotFoundException", "Message": "gone"}}, "get")
        return {"configuration": self.found[key].to_api()}

    def get_table_maintenance_job_status(self, **where: str) -> dict[str, Any]:
        failed = {"status": "Failed", "failureMessage": "no permission to use the key"}
        is_failed = where["name"] in self.failed
        return {"status": {"icebergCompaction": failed if is_failed else {"status": "Successful"}}}

    def put_table_maintenance_configuration(self, type: str, value: Any, **where: str) -> None:
        if where["name"] in self.refused:
            raise ClientError(
                {"Error": {"Code": "BadRequestException", "Message": "no sort order"}}, "put"
            )
        key = self._key(where)
        self.put.append((key[1], type))
        self.found[key] = from_api({**self.found[key].to_api(), type: value})

    def _key(self, where: dict[str, str]) -> tuple[str, str]:
        return where["tableBucketARN"].rpartition("/")[2], where["name"]


class Context:
    def __init__(self, service: Service) -> None:
        self.account = self
        self._service = service

    def client(self, name: str) -> Service:
        assert name in ("s3tables", "sts")
        return self._service

    @contextmanager
    def inside(self) -> Iterator[None]:
        yield


LAKE, BRONZE = "millrace-example", "millrace-example-bronze"


@pytest.fixture
def service() -> Service:
    return Service(
        {
            (LAKE, "fresh"): Maintenance(),
            (LAKE, "good"): WANTED,
            (LAKE, "own"): Maintenance(maximum_snapshot_age_hours=1000),
            (LAKE, "short"): Maintenance(maximum_snapshot_age_hours=24),
            (LAKE, "orders"): Maintenance(target_file_mb=64, maximum_snapshot_age_hours=720),
            (BRONZE, "raw"): Maintenance(),
            (BRONZE, "more"): Maintenance(strategy="binpack", maximum_snapshot_age_hours=720),
        }
    )


@pytest.fixture
def call(service: Service, monkeypatch: pytest.MonkeyPatch) -> Any:
    from tests.components.programs import stack_settings

    settings = {**stack_settings("example"), "millrace:catalog": CATALOG}
    monkeypatch.setattr(tables, "read_settings", lambda _: settings)
    monkeypatch.setattr(tables, "open_account", lambda *_, **__: Context(service))

    def run(*words: str) -> tuple[str, int]:
        parser = argparse.ArgumentParser()
        tables.add_arguments(parser)
        arguments = parser.parse_args(["maintenance", *words])
        arguments.stack, arguments.cloud = "example", ""
        return tables.run(arguments, Redactor())

    return run


def states(text: str) -> dict[str, str]:
    return {each["table"]: each["state"] for each in json.loads(text)["tables"]}


def test_each_table_is_said_to_be_what_it_is(call: Any) -> None:
    text, code = call("show", "--json")
    assert states(text) == {
        "lake.default.fresh": "never set",
        "lake.default.good": "as meant",
        "lake.default.orders": "not as declared",
        "lake.default.own": "set by somebody else",
        "lake.default.short": "set by somebody else",
        "bronze.default.more": "as meant",
        "bronze.default.raw": "never set",
    }
    assert code == 1


def test_a_promise_that_is_broken_is_said_in_words(call: Any) -> None:
    text, _ = call("show")
    broken = [line.split()[0] for line in text.splitlines() if "shorter than promised" in line]
    assert broken == ["lake.default.fresh", "lake.default.short", "bronze.default.raw"]


def test_only_what_differs_is_shown(call: Any) -> None:
    text, _ = call("show")
    (line,) = [each for each in text.splitlines() if each.startswith("lake.default.orders")]
    assert line.split("  ")[0] == "lake.default.orders"
    assert "target_file_mb 64" in line
    assert "target_file_mb 128" in line
    assert "strategy" not in line
    assert "lake.default.good" not in text, "nothing is to be said of it"
    assert "lake.default.good" in call("show", "--all")[0]


def test_tables_are_counted_against_the_quota_and_what_is_expected(call: Any) -> None:
    lines = call("show")[0].splitlines()
    assert lines[0] == "lake: 5 tables of 10000"
    assert lines[1].startswith("bronze: 2 tables of 10000, more than the 1 expected")


def test_nothing_is_set_without_a_yes(call: Any, service: Service) -> None:
    text, code = call("apply")
    assert "3 tables would be set; add --yes" in text
    assert "lake.default.own" not in text
    assert (service.put, code) == ([], 1)


def test_what_nobody_set_is_set_and_what_somebody_set_is_left(call: Any, service: Service) -> None:
    text, code = call("apply", "--yes")
    assert "set 3 of 3 tables" in text
    assert {table for table, _ in service.put} == {"fresh", "orders", "raw"}
    assert ("raw", "icebergCompaction") in service.put
    assert ("fresh", "icebergCompaction") not in service.put, "it is as it should be already"
    assert code == 1, "one that somebody set breaks the promise still"
    assert service.found[LAKE, "short"].maximum_snapshot_age_hours == 24


def test_everything_is_set_where_the_operator_says_so(call: Any, service: Service) -> None:
    _, code = call("apply", "--every", "--yes")
    assert service.found[LAKE, "short"] == service.found[LAKE, "own"] == WANTED
    assert code == 0
    assert call("show")[1] == 0


def test_a_second_time_there_is_nothing_to_do(call: Any, service: Service) -> None:
    call("apply", "--yes")
    done = list(service.put)
    assert "set 0 of 0 tables" in call("apply", "--yes")[0]
    assert service.put == done


def test_one_catalog_can_be_looked_at_alone(call: Any) -> None:
    text, _ = call("show", "--json", "--catalog", "bronze")
    assert set(states(text)) == {"bronze.default.more", "bronze.default.raw"}
    with pytest.raises(PreflightError, match="there are: lake, bronze"):
        call("show", "--catalog", "silver")


def test_a_job_that_failed_is_shown_with_its_reason(call: Any, service: Service) -> None:
    service.failed = {"good"}
    assert "no permission" not in call("show")[0], "a call for each table is asked for"
    text, code = call("show", "--jobs")
    assert "icebergCompaction failed: no permission to use the key" in text
    assert code == 1


def test_what_the_account_refuses_is_told_and_the_others_are_set(
    call: Any, service: Service
) -> None:
    service.refused = {"orders"}
    text, code = call("apply", "--yes")
    assert "set 2 of 3 tables" in text
    assert "refused: lake.default.orders: s3tables put_table_maintenance_configuration" in text
    assert code == 1


def test_a_table_that_is_dropped_meanwhile_is_nobody_s_fault(call: Any, service: Service) -> None:
    del service.found[BRONZE, "raw"]
    service.paginate = lambda tableBucketARN: iter(  # type: ignore[method-assign]
        [{"tables": [{"namespace": ["default"], "name": "raw"}]}]
    )
    text, code = call("show", "--catalog", "bronze")
    assert (text, code) == ("bronze: 0 tables of 10000", 0)
