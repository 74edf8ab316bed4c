"""What is recorded: who ran what, the cluster's figures, and nothing that is nobody's business."""

# ruff: noqa: S608 - the names in these statements are the suite's own
from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from lakehouse.outputs import StackOutputs
from ops.connect import Connection, choose_user
from ops.context import OpsContext
from ops.wait import Pending, until

WITHIN = 120
"""Seconds after which a line or a figure that is not there is missing."""

IMPOSTOR = "somebody-else"


@dataclass(frozen=True)
class Asked:
    """A session that ran one statement and failed with another."""

    session: str
    word: str
    """In both statements, and in the message of the error."""
    began: float


@pytest.fixture(scope="module")
def asked(connection: Connection) -> Asked:
    """Through a session that claims to be of another user."""
    import lakehouse_client

    session = lakehouse_client.connect(
        settings=lakehouse_client.Settings(
            url=f"{connection.url};user_id={IMPOSTOR}",
            ca_file=connection.ca_file,
            token_file=connection.token_file,
        )
    )
    word = f"w{uuid.uuid4().hex[:12]}"
    began = time.time()
    assert session.sql(f"SELECT '{word}'").collect()[0][0] == word
    with pytest.raises(Exception, match="TABLE_OR_VIEW_NOT_FOUND"):
        session.sql(f"SELECT * FROM {word} WHERE x = '{word}'").collect()
    return Asked(session=session.client._session_id, word=word, began=began)


def lines(context: OpsContext, group: str, since: float) -> list[str]:
    """Everything in a log group from then on."""
    with context.inside():
        pages = context.account.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=group, startTime=int(since * 1000) - 1000)
        return [event["message"] for page in found for event in page["events"]]


@pytest.fixture(scope="module")
def recorded(context: OpsContext, asked: Asked) -> list[dict[str, Any]]:
    """Ends of the session's operations, as the record has them."""
    group = context.outputs.watch.audit_log_group
    assert group, "this stack keeps its logs on the machines: observability.logs is off"

    def probe() -> list[dict[str, Any]] | Pending:
        records = [json.loads(line) for line in lines(context, group, asked.began)]
        ended = [
            each
            for each in records
            if each.get("session") == asked.session and each["event"] == "ended"
        ]
        outcomes = {each["outcome"] for each in ended}
        if outcomes >= {"succeeded", "failed"}:
            return ended
        return Pending(f"{len(records)} records, of the session {outcomes or 'none'}")

    return until(probe, deadline=WITHIN, describe=f"the session's operations in {group}")


def test_a_query_is_on_record_with_its_duration(recorded: list[dict[str, Any]]) -> None:
    for each in recorded:
        assert each["seconds"] >= 0
        assert each["operation"]
        assert each["kind"] in {"sql_command", "sql", "local_relation"}


def test_the_user_on_record_is_the_token_s_whatever_the_client_says(
    recorded: list[dict[str, Any]], outputs: StackOutputs
) -> None:
    assert {each["user"] for each in recorded} == {choose_user(outputs, "")}


def test_a_failure_is_on_record_by_its_class(recorded: list[dict[str, Any]]) -> None:
    errors = {each["error"] for each in recorded if each["outcome"] == "failed"}
    assert errors == {"TABLE_OR_VIEW_NOT_FOUND"}


def test_neither_token_nor_statement_is_in_any_log_group(
    recorded: list[dict[str, Any]], context: OpsContext, asked: Asked, token: str
) -> None:
    assert recorded
    watch = context.outputs.watch
    for group in (watch.audit_log_group, *watch.log_groups.values()):
        text = "\n".join(lines(context, group, asked.began))
        assert token not in text, f"{group} holds a token"
        assert asked.word not in text, f"{group} quotes a statement; audit.statements would say so"


def test_every_machine_sends_its_logs(context: OpsContext, outputs: StackOutputs) -> None:
    for generation, group in outputs.watch.log_groups.items():

        def probe(group: str = group) -> set[str] | Pending:
            with context.inside():
                pages = context.account.client("logs").get_paginator("describe_log_streams")
                found = [
                    each
                    for page in pages.paginate(logGroupName=group)
                    for each in page["logStreams"]
                ]
            roles = {each["logStreamName"].split("/")[1] for each in found}
            return roles if roles >= {"leader", "worker"} else Pending(f"streams of {roles}")

        until(probe, deadline=WITHIN, describe=f"logs of leader and workers of {generation}")


def test_the_cluster_s_figures_are_put(context: OpsContext, outputs: StackOutputs) -> None:
    for generation in outputs.generations:
        dimensions = [
            {"Name": "Stack", "Value": outputs.stack},
            {"Name": "Generation", "Value": generation.name},
        ]

        def probe(dimensions: list[dict[str, str]] = dimensions) -> float | Pending:
            now = time.time()
            with context.inside():
                answer = context.account.client("cloudwatch").get_metric_statistics(
                    Namespace="Millrace",
                    MetricName="Healthy",
                    Dimensions=dimensions,
                    StartTime=now - 600,
                    EndTime=now + 60,
                    Period=60,
                    Statistics=["Maximum"],
                )
            found = [float(each["Maximum"]) for each in answer["Datapoints"]]
            return max(found) if found and max(found) == 1 else Pending(f"figures {found}")

        until(probe, deadline=WITHIN, describe=f"a healthy minute of {generation.name}")
