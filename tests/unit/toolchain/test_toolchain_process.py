"""Programs that are started: quoted when they fail, ended when they take too long."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from lakehouse.errors import DeadlineError, ToolError
from toolchain import process
from toolchain.progress import Progress, quiet


def test_a_program_s_output_is_returned() -> None:
    assert process.run(["sh", "-c", "echo out; echo err >&2"], what="x", log=quiet) == "out\nerr\n"


def test_a_failure_names_the_step_and_ends_with_what_was_printed_last() -> None:
    with pytest.raises(ToolError, match=r"(?s)^tool: building: .*ended with 3\n.*the cause$"):
        process.run(["sh", "-c", "echo the cause; exit 3"], what="tool: building", log=quiet)


def test_a_program_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "HEARTBEAT_SECONDS", 0.05)
    said: list[str] = []
    with pytest.raises(DeadlineError, match=r"(?s)x: not finished after .*so far"):
        process.run(
            ["sh", "-c", "echo so far; exec sleep 60"], what="x", log=said.append, deadline=0.3
        )
    assert said, "a long step must say that it still runs"


def test_a_question_to_a_program_that_is_not_there_has_no_answer(tmp_path: Path) -> None:
    assert process.ask([tmp_path / "absent", "--version"]) is None


def test_every_line_of_progress_carries_the_elapsed_time() -> None:
    stream = io.StringIO()
    Progress(stream)("one\ntwo")
    lines = stream.getvalue().splitlines()
    assert [re.sub(r"^\[ +\d+\.\ds\] ", "", line) for line in lines] == ["one", "two"]
