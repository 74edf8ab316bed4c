"""`lakehouse chaos`: who is refused, how machines are taken, what is told of queries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lakehouse.chaos import VICTIM_TAG
from lakehouse.errors import PreflightError, ToolError
from lakehouse.outputs import ChaosOutputs, StackOutputs
from ops import chaos, chaos_watch
from ops.chaos import Outcome, Wish
from ops.chaos_interrupt import FisInterrupter, LocalInterrupter
from ops.chaos_watch import Query, Retries
from ops.context import OpsContext
from ops.machines import Machine

MOMENT = 1_000_000.0


def machine(instance: str = "i-1", address: str = "10.0.0.5") -> Machine:
    return Machine(
        instance_id=instance,
        role="worker",
        generation="blue",
        lifecycle="InService",
        state="running",
        type="m7g.large",
        market="spot",
        address=address,
        zone="eu-central-1a",
    )


class Recorder:
    """A client that writes down what it is asked."""

    def __init__(self, status: str = "completed") -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._status = status

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> dict[str, Any]:
            self.calls.append((operation, arguments))
            return {"experiment": {"id": "EXP1", "state": {"status": self._status, "reason": "x"}}}

        return call


class Place(OpsContext):
    """A context whose account is recorded."""

    @contextmanager
    def inside(self) -> Iterator[None]:  # type: ignore[override]
        yield


def place(outputs: StackOutputs, client: Recorder, production: str = "") -> OpsContext:
    told = ChaosOutputs(
        production=production, experiments={"blue": {"notice": "EXTn", "abrupt": "EXTa"}}
    )
    made = Place(stack="stage", outputs=outputs.model_copy(update={"chaos": told}), environment={})

    class Account:
        def client(self, service: str) -> Recorder:
            assert service in ("ec2", "fis")
            return client

    made.__dict__["account"] = Account()
    return made


def test_production_is_refused_before_anything_is_asked(outputs: StackOutputs) -> None:
    client = Recorder()
    context = place(outputs, client, production="its tag environment is prod")
    with pytest.raises(PreflightError, match="nothing was touched"):
        chaos.interrupt(context, None, Wish(), print)  # type: ignore[arg-type]
    assert client.calls == []


def test_an_experiment_takes_the_tagged_and_the_tags_go_again(outputs: StackOutputs) -> None:
    client = Recorder()
    context = place(outputs, client)
    acts = FisInterrupter(context, context.outputs.generations[0])
    acts.interrupt([machine("i-1"), machine("i-2")], notice=True)
    names = [name for name, _ in client.calls]
    assert names == ["create_tags", "start_experiment", "get_experiment", "delete_tags"]
    assert client.calls[0][1]["Resources"] == ["i-1", "i-2"]
    assert client.calls[0][1]["Tags"][0]["Key"] == VICTIM_TAG
    assert client.calls[1][1] == {"experimentTemplateId": "EXTn"}


def test_without_notice_the_other_experiment_is_started(outputs: StackOutputs) -> None:
    client = Recorder()
    context = place(outputs, client)
    FisInterrupter(context, context.outputs.generations[0]).interrupt([machine()], notice=False)
    assert ("start_experiment", {"experimentTemplateId": "EXTa"}) in client.calls


def test_a_stopped_experiment_is_an_error_and_leaves_no_tags(outputs: StackOutputs) -> None:
    client = Recorder(status="stopped")
    context = place(outputs, client)
    acts = FisInterrupter(context, context.outputs.generations[0])
    with pytest.raises(ToolError, match=r"EXP1.*stopped"):
        acts.interrupt([machine()], notice=True)
    assert client.calls[-1][0] == "delete_tags"


def test_a_stack_without_experiments_is_told_how_to_get_them(context: OpsContext) -> None:
    with pytest.raises(PreflightError, match=r"chaos\.enabled"):
        FisInterrupter(context, context.outputs.generations[0])


def test_a_notice_too_short_to_drain_in_is_refused(context: OpsContext) -> None:
    with pytest.raises(PreflightError, match="15 or more"):
        LocalInterrupter(context, seconds=5)


def entry(at: float, **record: Any) -> str:
    message = "MILLRACE-AUDIT " + json.dumps({"record": "operation", **record})
    return json.dumps({"__REALTIME_TIMESTAMP": str(int(at * 1e6)), "MESSAGE": message})


def test_an_operation_is_read_from_its_start_and_its_end() -> None:
    known = {"operation": "o1", "user": "etl", "session": "s1", "kind": "sql_command"}
    found = chaos_watch.parse(
        [
            entry(MOMENT, event="started", **known),
            "-- No entries --",
            entry(MOMENT + 7, event="ended", outcome="succeeded", seconds=7.0, **known),
        ]
    )["o1"]
    assert (found.started, found.ended, found.seconds) == (MOMENT, MOMENT + 7, 7.0)
    assert (found.user, found.outcome) == ("etl", "succeeded")


def test_an_operation_whose_start_is_lost_began_before_its_end() -> None:
    line = entry(MOMENT, event="ended", outcome="failed", seconds=5, operation="o", error="E")
    found = chaos_watch.parse([line])["o"]
    assert (found.started, found.outcome, found.error) == (MOMENT - 5, "failed", "E")


def test_a_user_s_text_that_looks_like_a_record_is_none() -> None:
    text = 'INFO x: MILLRACE-AUDIT {"record": "operation", "operation": "forged"}'
    line = json.dumps({"__REALTIME_TIMESTAMP": "1", "MESSAGE": text})
    assert chaos_watch.parse([line]) == {}


def query(started: float, ended: float | None, outcome: str = "succeeded") -> Query:
    return Query(
        operation=f"o{started:g}", user="etl", started=started, ended=ended, outcome=outcome
    )


def test_only_what_ran_at_the_moment_is_told() -> None:
    found = {
        str(number): each
        for number, each in enumerate(
            [query(5, None, "running"), query(1, 9), query(1, 2), query(11, 12)]
        )
    }
    assert [each.started for each in chaos.at(found, 10)] == [5]
    assert [each.started for each in chaos.at(found, 8)] == [1, 5]


def test_stages_that_ran_again_are_remembered_when_the_driver_forgets() -> None:
    tag = "SparkConnect_OperationTag_User_a_Session_s_Operation_o1"
    job = {"stageIds": [1, 2], "jobTags": [tag]}
    retries = Retries()
    retries.look([job], [{"stageId": 1, "attemptId": 0}, {"stageId": 2, "attemptId": 1}])
    retries.look([], [{"stageId": 2, "attemptId": 2}, {"stageId": 9, "attemptId": 3}])
    assert retries.count("o1") == 2
    assert retries.total == 2


def test_names_with_underscores_are_read_from_a_tag() -> None:
    job = {"jobTags": ["SparkConnect_OperationTag_User_a_b_Session_s-1_Operation_o-1"]}
    found = chaos_watch.user_of(job), chaos_watch.session_of(job), chaos_watch.operation_of(job)
    assert found == ("a_b", "s-1", "o-1")


def outcome(**changes: Any) -> Outcome:
    parts: dict[str, Any] = {
        "machines": (machine(),),
        "how": "no notice",
        "moment": MOMENT,
        "queries": (query(MOMENT - 3, MOMENT + 9),),
        "retries": {f"o{MOMENT - 3:g}": 2},
    }
    return Outcome(**{**parts, **changes})


def test_the_table_tells_user_moment_result_and_stages_again() -> None:
    row = next(line for line in chaos.render(outcome()).splitlines() if "etl" in line)
    assert "3.0s" in row
    assert "succeeded" in row
    assert row.rstrip().endswith("2")


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({}, False),
        ({"queries": (query(1, 2, "failed"),)}, True),
        ({"queries": (query(1, None, "running"),)}, True),
        # A client that lost its interest is no failure of ours.
        ({"queries": (query(1, 2, "canceled"),)}, False),
        ({"failures": ("SparkException: x",)}, True),
    ],
)
def test_a_query_that_failed_or_never_ended_is_a_failure(
    changes: dict[str, Any], failed: bool
) -> None:
    assert outcome(**changes).failed is failed
