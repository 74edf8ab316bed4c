"""The command line: what is printed, and with which exit code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lakehouse.outputs import StackOutputs
from ops import cli
from ops.context import OpsContext
from ops.endpoint import NodeStatus
from ops.status import Status

HERE = Path(__file__).parent


@pytest.fixture
def opened(context: OpsContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpsContext:
    """The CLI finds this context whatever stack it is asked for."""
    monkeypatch.setattr(cli, "open_context", lambda *_, **__: context)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    return context


def test_help_is_the_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert capsys.readouterr().out == (HERE / "cli_help.txt").read_text()


@pytest.mark.usefixtures("opened")
def test_connect_prints_the_files_and_the_snippet(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["connect"]) == 0
    printed = capsys.readouterr().out.replace(str(tmp_path), "~/.config")
    printed = re.sub(r"-c \S*/client/", "-c client/", printed)
    assert printed == (HERE / "cli_connect.txt").read_text()


@pytest.mark.usefixtures("opened")
def test_connect_json_is_json_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["connect", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document) == ["url", "ca_file", "token_file", "catalog"]


@pytest.mark.usefixtures("opened")
def test_an_error_is_one_message_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["connect", "--user", "mallory"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lakehouse: stack local has no token for user 'mallory'")
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(("problem", "code"), [("", 0), ("TimeoutError", 1)])
def test_status_ends_with_whether_the_endpoint_answers(
    opened: OpsContext,
    outputs: StackOutputs,
    monkeypatch: pytest.MonkeyPatch,
    problem: str,
    code: int,
) -> None:
    status = Status(
        outputs=outputs, machines=(), node=NodeStatus(seconds=0.1, problem=problem), user="analyst"
    )
    monkeypatch.setattr(cli, "collect", lambda _: status)
    assert cli.main(["status"]) == code
    assert cli.main(["status", "--json"]) == code


def test_a_local_stack_that_is_down_says_how_to_start_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MILLRACE_STATE", str(tmp_path))
    assert cli.main(["status"]) == 1
    assert "run `make up`" in capsys.readouterr().err
