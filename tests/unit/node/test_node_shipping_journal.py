"""The journal as the shipper reads it: every entry whole, and whose it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from node.errors import NodeError
from node.shipping.entries import Entry, parse
from node.shipping.journal import Journal, command


def journal_line(**fields: Any) -> bytes:
    known = {
        "__CURSOR": "s=1",
        "__REALTIME_TIMESTAMP": "1700000000123456",
        "MESSAGE": "hello",
        "PRIORITY": "4",
        "_SYSTEMD_UNIT": "spark-worker.service",
        "_PID": "77",
    }
    return json.dumps({**known, **fields}).encode()


def test_an_entry_is_read_with_its_time_and_unit() -> None:
    assert parse(journal_line()) == Entry(
        cursor="s=1",
        milliseconds=1_700_000_000_123,
        unit="spark-worker",
        priority=4,
        message="hello",
    )


def test_what_systemd_says_of_a_unit_is_that_unit_s() -> None:
    line = journal_line(UNIT="spark-connect.service", _PID="1", _SYSTEMD_UNIT="init.scope")
    found = parse(line)
    assert found is not None
    assert found.unit == "spark-connect"


def test_a_program_cannot_speak_for_another_unit() -> None:
    found = parse(journal_line(UNIT="spark-connect.service", _PID="78"))
    assert found is not None
    assert found.unit == "spark-worker"


def test_bytes_that_are_no_text_are_still_shown() -> None:
    found = parse(journal_line(MESSAGE=[104, 105, 255]))
    assert found is not None
    assert found.message == "hi\ufffd"


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"{}", journal_line(MESSAGE=None)])
def test_what_is_no_entry_is_left_out(line: bytes) -> None:
    assert parse(line) is None


def test_the_reader_goes_on_after_the_cursor() -> None:
    words = command("s=1;i=2", ["spark-connect"])
    assert "--after-cursor=s=1;i=2" in words
    assert "--no-tail" in words, "without it the reader begins with the last ten lines"
    assert "--merge" in words, "following means this boot otherwise"
    assert "--unit=spark-connect.service" in words
    assert not any("after-cursor" in word for word in command("", []))


def read_all(journal: Journal) -> list[Entry]:
    found: list[Entry] = []
    while True:
        try:
            found += journal.read(2.0)
        except NodeError:
            return found


def test_the_reader_gives_whole_lines_however_they_arrive(tmp_path: Path) -> None:
    first, second = journal_line(MESSAGE="one"), journal_line(MESSAGE="two")
    (tmp_path / "a").write_bytes(first[:40])
    (tmp_path / "b").write_bytes(first[40:] + b"\n" + second + b"\n")
    script = f"cat {tmp_path}/a; sleep 0.1; cat {tmp_path}/b"
    journal = Journal(["sh", "-c", script])
    assert [each.message for each in read_all(journal)] == ["one", "two"]
    journal.close()


def test_an_endless_line_takes_no_memory_and_no_line_behind_it(tmp_path: Path) -> None:
    (tmp_path / "end").write_bytes(b"\n" + journal_line(MESSAGE="after") + b"\n")
    script = f"head -c 9000000 /dev/zero | tr '\\0' x; cat {tmp_path}/end"
    journal = Journal(["sh", "-c", script])
    assert [each.message for each in read_all(journal)] == ["after"]
    journal.close()


def test_a_reader_that_ends_is_a_failure() -> None:
    journal = Journal(["sh", "-c", "exit 3"])
    with pytest.raises(NodeError, match="ended with 3"):
        journal.read(2.0)
    journal.close()
