"""Many sessions on one table: each sees the others' commits, and no append is lost."""

# ruff: noqa: S608 - the names in these statements are the suite's own
from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

SESSIONS = 4
INSERTS = 5


@pytest.fixture(scope="module")
def sessions(new_session: Callable[[], Any]) -> list[Any]:
    return [new_session() for _ in range(SESSIONS)]


def count(session: Any, table: str) -> int:
    return int(session.sql(f"SELECT count(*) FROM {table}").collect()[0][0])


def test_a_session_that_read_a_table_sees_what_others_commit_later(
    sessions: list[Any], table: str
) -> None:
    reader, *writers = sessions
    reader.sql(f"CREATE TABLE {table} (id BIGINT)")
    seen = [count(reader, table)]
    for number, writer in enumerate(writers):
        writer.sql(f"INSERT INTO {table} VALUES ({number})")
        seen.append(count(reader, table))
    assert seen == list(range(SESSIONS)), "a cached snapshot would repeat an older count"


def test_concurrent_appends_all_land(sessions: list[Any], table: str) -> None:
    sessions[0].sql(f"CREATE TABLE {table} (who INT, number INT)")

    def append(who: int) -> None:
        for number in range(INSERTS):
            sessions[who].sql(f"INSERT INTO {table} VALUES ({who}, {number})")

    with ThreadPoolExecutor(SESSIONS) as pool:
        list(pool.map(append, range(SESSIONS)))
    counts = [count(session, table) for session in sessions]
    assert counts == [SESSIONS * INSERTS] * SESSIONS


def test_temporary_views_and_settings_stay_in_their_session(sessions: list[Any]) -> None:
    mine, other, *_ = sessions
    mine.range(1).createOrReplaceTempView("smoke_private")
    mine.conf.set("spark.sql.shuffle.partitions", "3")
    assert not other.catalog.tableExists("smoke_private")
    assert other.conf.get("spark.sql.shuffle.partitions") != "3"


def test_closing_one_session_leaves_the_others_working(new_session: Callable[[], Any]) -> None:
    import lakehouse_client

    keeps, goes = new_session(), new_session()
    goes.sql("SELECT 1").collect()
    lakehouse_client.close(goes)
    assert keeps.sql("SELECT 42").collect()[0][0] == 42


def test_a_session_the_server_forgot_is_renewed_once(connection: Any) -> None:
    import lakehouse_client

    lakehouse = lakehouse_client.Lakehouse(
        lakehouse_client.Settings(connection.url, connection.ca_file, connection.token_file)
    )
    calls = []

    def work(spark: Any) -> int:
        calls.append(spark)
        if len(calls) == 1:
            msg = "[INVALID_HANDLE.SESSION_NOT_FOUND] The handle is invalid. Session not found."
            raise RuntimeError(msg)
        return int(spark.sql("SELECT 42").collect()[0][0])

    assert lakehouse.run(work) == 42
    assert calls[0] is not calls[1]
