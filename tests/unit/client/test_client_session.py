"""The client's habits: one renewal, keepalives, and sessions that do not break each other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "client"))

from lakehouse_client import session as client_session  # noqa: E402 - not installed here
from lakehouse_client.channel import KEEPALIVE  # noqa: E402
from lakehouse_client.session import (  # noqa: E402
    Lakehouse,
    VersionError,
    check_versions,
    session_is_lost,
)
from lakehouse_client.settings import Settings  # noqa: E402

LOST = RuntimeError("[INVALID_HANDLE.SESSION_NOT_FOUND] The handle x is invalid.")


class FakeSession:
    """Counts how often it was stopped."""

    stopped = 0

    def stop(self) -> None:
        self.stopped += 1


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[FakeSession]:
    made: list[FakeSession] = []

    def connect(**_: Any) -> FakeSession:
        made.append(FakeSession())
        return made[-1]

    monkeypatch.setattr(client_session, "connect", connect)
    return made


def failing(times: int, error: Exception) -> Callable[[Any], str]:
    """Work that fails at first."""
    left = [times]

    def work(_: Any) -> str:
        if left[0]:
            left[0] -= 1
            raise error
        return "done"

    return work


def test_a_lost_session_is_renewed_once(opened: list[FakeSession]) -> None:
    assert Lakehouse(Settings("sc://h")).run(failing(1, LOST)) == "done"
    assert [each.stopped for each in opened] == [1, 0]


def test_a_session_lost_twice_is_an_error(opened: list[FakeSession]) -> None:
    with pytest.raises(RuntimeError, match="SESSION_NOT_FOUND"):
        Lakehouse(Settings("sc://h")).run(failing(2, LOST))
    assert len(opened) == 2


def test_any_other_error_is_not_retried(opened: list[FakeSession]) -> None:
    with pytest.raises(ValueError, match="syntax"):
        Lakehouse(Settings("sc://h")).run(failing(1, ValueError("syntax")))
    assert len(opened) == 1


def test_a_session_is_opened_once_for_much_work(opened: list[FakeSession]) -> None:
    lakehouse = Lakehouse(Settings("sc://h"))
    lakehouse.run(failing(0, LOST))
    lakehouse.run(failing(0, LOST))
    assert len(opened) == 1


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (LOST, True),
        (RuntimeError("[INVALID_HANDLE.SESSION_CHANGED] The existing Spark server driver"), True),
        (RuntimeError("[NO_ACTIVE_SESSION] No active Spark session found."), True),
        (ValueError("INVALID_HANDLE.OPERATION_NOT_FOUND"), False),
    ],
)
def test_only_a_lost_session_counts_as_lost(error: Exception, lost: bool) -> None:
    assert session_is_lost(error) is lost


def test_pings_come_well_before_a_load_balancer_forgets_the_connection() -> None:
    options = dict(KEEPALIVE)
    assert options["grpc.keepalive_time_ms"] < 350_000
    assert options["grpc.keepalive_permit_without_calls"] == 1


@pytest.mark.parametrize(
    ("client", "server"),
    [("3.5.7", "3.5.7"), ("3.5.9", "3.5.7"), ("3.5.7", "4.1.4"), ("4.1.4", "4.1.3-amzn-0")],
)
def test_a_client_may_be_as_old_as_its_server_or_older(client: str, server: str) -> None:
    check_versions(client, server)


def test_a_client_is_back_soon_after_its_server() -> None:
    options = dict(KEEPALIVE)
    assert options["grpc.max_reconnect_backoff_ms"] <= 10_000, (
        "a query whose client is away for five minutes is given up"
    )
    assert options["grpc.min_reconnect_backoff_ms"] >= 5_000, (
        "which is also how long one attempt may take, and a busy server is slow to greet"
    )


@pytest.mark.parametrize(("client", "server"), [("4.1.4", "3.5.7"), ("3.10.0", "3.9.0")])
def test_a_client_newer_than_its_server_is_refused(client: str, server: str) -> None:
    with pytest.raises(VersionError, match=f"install `pyspark=={server}`"):
        check_versions(client, server)
