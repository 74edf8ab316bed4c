"""The pulumi CLI as a process: what it is given, what is made of its answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lakehouse.errors import DeadlineError, ToolError
from lakehouse.outputs import StackOutputs
from ops.program import Program


def program(tmp_path: Path, script: str) -> Program:
    """A program whose pulumi is a shell script."""
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(f"#!/bin/sh\n{script}\n")
    pulumi.chmod(0o755)
    return Program(
        stack="local",
        directory=tmp_path,
        pulumi=pulumi,
        environment={"PULUMI_BACKEND_URL": "file:///somewhere"},
    )


def test_outputs_are_read_from_the_stack(tmp_path: Path, outputs: StackOutputs) -> None:
    document = tmp_path / "answer.json"
    document.write_text(json.dumps({"lakehouse": outputs.to_exports()}))
    assert program(tmp_path, f"cat {document}").outputs() == outputs


def test_the_environment_and_the_stack_are_passed(tmp_path: Path) -> None:
    lines: list[str] = []
    program(tmp_path, 'echo "$PULUMI_BACKEND_URL $*"').up(lines.append)
    assert lines[0].startswith("file:///somewhere up --yes --skip-preview --stack local")


def test_lines_are_passed_on_from_both_streams(tmp_path: Path) -> None:
    lines: list[str] = []
    program(tmp_path, "echo out; echo err >&2").preview(lines.append)
    assert sorted(lines) == ["err", "out"]


def test_a_failure_ends_with_what_pulumi_said(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"(?s)`pulumi up --yes` ended with code 3:.*no such zone"):
        program(tmp_path, "echo no such zone >&2; exit 3").up(lambda _: None)


def test_a_command_that_hangs_is_ended_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.program.QUICK", 0.3)
    with pytest.raises(DeadlineError, match=r"ran longer than 0\.3 s; last line: locked"):
        program(tmp_path, "echo locked; exec sleep 30").outputs()
