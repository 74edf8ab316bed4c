"""From the journal to CloudWatch Logs: what goes where, what stays, and that no line is lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from node.errors import NodeError
from node.render import log4j
from node.shipping import batch as limits
from node.shipping import shipped
from node.shipping.batch import Batch
from node.shipping.entries import Entry
from node.shipping.privacy import withhold
from node.shipping.routing import Destination, Event, route
from node.shipping.shipped import Progress
from node.shipping.shipper import EVERY, LONGEST_PAUSE, STOP_SECONDS, Shipper
from node.shipping.stream import LogStream

RPC = '{"user":"alice","rpc":"/spark.connect.SparkConnectService/ExecutePlan","status":200}'
OPERATION = '{"record":"operation","event":"ended","user":"alice","seconds":2.5}'


def entry(message: str, unit: str = "spark-connect", **changes: Any) -> Entry:
    known = {"cursor": "c1", "milliseconds": 1000, "priority": 6}
    return Entry(**{**known, "unit": unit, "message": message, **changes})


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        (entry(f"{log4j.AUDIT_MARK}{OPERATION}"), "audit"),
        (entry(RPC, unit="millrace-gateway"), "audit"),
        (entry(f"WARN X: {log4j.AUDIT_MARK}{OPERATION}"), "logs"),
        (entry(f"{log4j.AUDIT_MARK}{OPERATION}", unit="spark-worker"), "logs"),
        (entry(f"{log4j.AUDIT_MARK}not json"), "logs"),
        (entry(RPC, unit="spark-connect"), "logs"),
        (entry("2026/11/21 [warn] upstream", unit="millrace-gateway"), "logs"),
    ],
)
def test_only_gateway_and_listener_write_the_audit(source: Entry, destination: str) -> None:
    assert route(source, statements=False).destination == destination


def test_a_call_is_marked_as_one() -> None:
    event = route(entry(RPC, unit="millrace-gateway"), statements=False)
    record = json.loads(event.text)
    assert record["record"] == "rpc"
    assert record["user"] == "alice"


@pytest.mark.parametrize(
    ("source", "level"),
    [
        (entry("ERROR Utils: aborting"), "error"),
        (entry("WARN Utils: slow"), "warn"),
        (entry("query failed", unit="millrace-probe", priority=4), "warn"),
        (entry("ERROR is a word", unit="millrace-probe", priority=6), "info"),
        (entry("Out of memory: killed", priority=2), "fatal"),
    ],
)
def test_a_line_has_a_level_that_can_be_searched(source: Entry, level: str) -> None:
    assert json.loads(route(source, statements=False).text)["level"] == level


LEAKS = [
    "ERROR ErrorUtils: Error during: execute. UserId: alice. SessionId: s. | "
    "org.apache.spark.sql.AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table `people` "
    "cannot be found; line 1 pos 14; | 'Project [*] | +- 'Filter ('ssn = 078-05-1120) | "
    "at org.apache.spark.sql.X.fail(X.scala:1) | ... 12 more",
    "WARN TaskSetManager: Lost task 0.0 in stage 1.0 (TID 1) (10.0.0.1 executor 0): "
    "org.apache.spark.SparkNumberFormatException: [CAST_INVALID_INPUT] The value '078-05-1120' "
    "of the type STRING | == SQL (line 1, position 8) == | SELECT CAST('078-05-1120' AS INT) | "
    "at org.apache.spark.sql.errors.QueryExecutionErrors$.x(QueryExecutionErrors.scala:147)",
    "ERROR Utils: failed | java.lang.RuntimeException: outer 078-05-1120 | "
    "at a.B.c(D.java:1) ~[a.jar:1] | Caused by: java.io.IOException: 078-05-1120 | at e.F.g(H:2)",
    "WARN X: org.apache.spark.api.python.PythonException: Traceback (most recent call last): | "
    'File "x.py", line 1, in f | ValueError: 078-05-1120',
    "ERROR X: a plan without an exception | +- 'Filter ('ssn = 078-05-1120)",
]


@pytest.mark.parametrize("message", LEAKS)
def test_what_a_statement_says_stays_on_the_machine(message: str) -> None:
    assert "078-05-1120" not in route(entry(message), statements=False).text


@pytest.mark.parametrize("message", LEAKS)
def test_it_is_sent_where_the_owner_wants_it(message: str) -> None:
    assert json.loads(route(entry(message), statements=True).text)["message"] == message


def test_an_operator_still_sees_what_went_wrong_and_where() -> None:
    assert withhold(LEAKS[0]) == (
        "ERROR ErrorUtils: Error during: execute. UserId: alice. SessionId: s. | "
        "org.apache.spark.sql.AnalysisException [TABLE_OR_VIEW_NOT_FOUND] | "
        "at org.apache.spark.sql.X.fail(X.scala:1) | ... 12 more | "
        "(2 lines stay on the machine)"
    )
    assert "Caused by: java.io.IOException | at e.F.g(H:2)" in withhold(LEAKS[2])


def test_a_line_about_the_fleet_is_sent_as_it_is() -> None:
    message = "INFO Master: Registering worker 10.0.0.4:7078 with 2 cores, 896.0 MiB RAM"
    assert withhold(message) == message


def event(milliseconds: int = 0, text: str = "x", destination: Destination = "logs") -> Event:
    return Event(destination=destination, milliseconds=milliseconds, text=text)


def test_a_call_holds_as_many_events_as_the_api_takes() -> None:
    batch = Batch()
    assert all(batch.add(event()) for _ in range(limits.EVENTS))
    assert not batch.add(event())
    assert len(batch) == 10_000


def test_a_call_holds_as_many_bytes_as_the_api_takes() -> None:
    batch = Batch()
    text = "é" * 50_000
    taken = 0
    while batch.add(event(text=text)):
        taken += 1
    sent = sum(len(str(each["message"]).encode()) + 26 for each in batch.events())
    assert sent <= 1_048_576 < sent + 100_026


def test_a_call_spans_a_day_at_most() -> None:
    batch = Batch()
    day = 24 * 3600 * 1000
    assert batch.add(event(day))
    assert batch.add(event(0))
    assert not batch.add(event(day + 1))


def test_events_are_sent_in_the_order_of_their_times() -> None:
    batch = Batch()
    for time, text in [(2, "b"), (1, "a"), (2, "c")]:
        batch.add(event(time, text))
    assert [each["message"] for each in batch.events()] == ["a", "b", "c"]


def test_an_event_is_cut_at_what_the_api_takes() -> None:
    text = limits.fitting("é" * 200_000)
    assert len(text.encode()) + 26 <= 262_144
    assert text.endswith("...(cut)")


class FakeSource:
    """Gives what it has, one list a read; tells when it is empty."""

    def __init__(self, *reads: list[Entry], empty: Callable[[], None] = lambda: None) -> None:
        self._reads = list(reads)
        self._empty = empty

    def read(self, seconds: float) -> list[Entry]:
        if self._reads:
            return self._reads.pop(0)
        self._empty()
        return []


class FakeSink:
    """Keeps what it takes; refuses the first `failures` calls."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.taken: list[str] = []
        self.calls = 0

    def put(self, batch: Batch) -> None:
        self.calls += 1
        if self.failures:
            self.failures -= 1
            msg = "no answer"
            raise NodeError(msg)
        self.taken += [str(each["message"]) for each in batch.events()]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class World:
    """A shipper and everything around it."""

    def __init__(self, folder: Path, *reads: list[Entry], failures: int = 0) -> None:
        self.clock = Clock()
        self.stop = threading.Event()
        self.logs, self.audit = FakeSink(failures), FakeSink()
        self.progress = Progress(folder / "cursor", folder / "told")
        self.told = folder / "told"
        self.shipper = Shipper(
            FakeSource(*reads, empty=self.stop.set),
            {"logs": self.logs, "audit": self.audit},
            self.progress,
            statements=False,
            stopping=self.stop.is_set,
            pause=self.clock.sleep,
            clock=self.clock,
            sleep=self.clock.sleep,
        )


def test_every_line_reaches_its_group_and_the_cursor_follows(tmp_path: Path) -> None:
    world = World(
        tmp_path,
        [entry("INFO a: b", cursor="c1"), entry(RPC, unit="millrace-gateway", cursor="c2")],
    )
    world.shipper.run()
    assert len(world.logs.taken) == len(world.audit.taken) == 1
    assert world.progress.cursor() == "c2"


def test_a_line_waits_for_company_and_not_for_long(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.shipper.take([entry("one")])
    assert world.logs.calls == 0
    assert EVERY <= 5, "events are visible within seconds"


def test_an_outage_loses_nothing_and_asks_ever_more_rarely(tmp_path: Path) -> None:
    world = World(tmp_path, [entry("one", cursor="c1")], failures=8)
    world.shipper.take([entry("zero", cursor="c0")])
    world.shipper.flush()
    assert len(world.logs.taken) == 1
    assert world.clock.pauses[:3] == [1, 2, 4]
    assert max(world.clock.pauses) == LONGEST_PAUSE
    assert world.progress.cursor() == "c0"


def test_the_cursor_stays_until_every_group_has_its_lines(tmp_path: Path) -> None:
    world = World(tmp_path, failures=1000)
    world.stop.set()
    world.shipper.take([entry("one", cursor="c1"), entry(RPC, unit="millrace-gateway")])
    with pytest.raises(NodeError):
        world.shipper.flush()
    assert world.progress.cursor() == "", "the next process begins where this one did"


def test_a_stop_sends_what_is_left(tmp_path: Path) -> None:
    world = World(tmp_path, [entry("one"), entry("two")], [entry("three", cursor="c3")])
    world.stop.set()
    world.shipper.run()
    assert len(world.logs.taken) == 3
    assert world.progress.cursor() == "c3"


def test_a_stop_does_not_wait_for_an_account_that_is_out(tmp_path: Path) -> None:
    world = World(tmp_path, [entry("one")], failures=1000)
    world.stop.set()
    with pytest.raises(NodeError):
        world.shipper.run()
    assert world.clock.now <= STOP_SECONDS


def test_a_reader_that_fails_takes_nothing_with_it(tmp_path: Path) -> None:
    def fail() -> None:
        msg = "journalctl ended with -15"
        raise NodeError(msg)

    world = World(tmp_path)
    world.shipper._source = FakeSource([entry("one", cursor="c1")], empty=fail)
    with pytest.raises(NodeError, match="journalctl"):
        world.shipper.run()
    assert len(world.logs.taken) == 1
    assert world.progress.cursor() == "c1"


def test_more_than_a_call_holds_is_sent_in_several(tmp_path: Path) -> None:
    lines = [entry(f"line {number}", cursor=f"c{number}") for number in range(25_000)]
    world = World(tmp_path, lines)
    world.shipper.run()
    assert world.logs.calls == 3
    assert len(world.logs.taken) == len(set(world.logs.taken)) == 25_000


def test_who_leaves_waits_for_its_last_line(tmp_path: Path) -> None:
    clock = Clock()
    told = tmp_path / "told"
    progress = Progress(tmp_path / "cursor", told)

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now > 2:
            progress.save("c", 101_000)

    # The line follows the question within the same millisecond.
    assert shipped.wait(101.0004, told=told, clock=clock, sleep=sleep)
    assert 2 < clock.now < 3


def test_who_leaves_does_not_wait_for_ever(tmp_path: Path) -> None:
    clock = Clock()
    assert not shipped.wait(1.0, told=tmp_path / "none", clock=clock, sleep=clock.sleep)
    assert clock.now == pytest.approx(shipped.WAIT_SECONDS, abs=0.5)


WHERE = {"logGroupName": "/g", "logStreamName": "s"}


def filled() -> Batch:
    batch = Batch()
    batch.add(event(5, "hello"))
    return batch


PUT = {**WHERE, "logEvents": [{"timestamp": 5, "message": "hello"}]}


def test_a_stream_makes_itself(logs: tuple[Any, Stubber]) -> None:
    client, stubber = logs
    stubber.add_client_error("put_log_events", "ResourceNotFoundException", expected_params=PUT)
    stubber.add_response("create_log_stream", {}, WHERE)
    stubber.add_response("put_log_events", {}, PUT)
    LogStream(client, "/g", "s").put(filled())
    stubber.assert_no_pending_responses()


def test_a_missing_group_is_waited_for(logs: tuple[Any, Stubber]) -> None:
    client, stubber = logs
    stubber.add_client_error("put_log_events", "ResourceNotFoundException")
    stubber.add_client_error("create_log_stream", "ResourceNotFoundException")
    with pytest.raises(NodeError, match="/g took nothing"):
        LogStream(client, "/g", "s").put(filled())


def test_lines_that_are_never_taken_do_not_stop_those_behind(logs: tuple[Any, Stubber]) -> None:
    client, stubber = logs
    stubber.add_client_error("put_log_events", "InvalidParameterException")
    LogStream(client, "/g", "s").put(filled())


def test_an_account_that_does_not_answer_is_asked_again() -> None:
    class Dead:
        exceptions = type("E", (), {"ResourceNotFoundException": KeyError})

        def put_log_events(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="http://x")

    with pytest.raises(NodeError):
        LogStream(Dead(), "/g", "s").put(filled())
