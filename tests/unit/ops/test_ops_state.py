"""Where a local cloud's files are, and entering its network."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.errors import ContractError, PreflightError
from ops import netns
from ops.state import LocalState


@pytest.mark.parametrize(
    ("environment", "cloud", "directory"),
    [
        ({}, "", "/var/lib/millrace/millrace"),
        ({"MILLRACE_STATE": "/s"}, "", "/s/millrace"),
        ({"MILLRACE_STATE": "/s", "MILLRACE_CLOUD": "two"}, "", "/s/two"),
        ({"MILLRACE_CLOUD": "two"}, "three", "/var/lib/millrace/three"),
    ],
)
def test_the_state_directory_follows_the_environment(
    environment: dict[str, str], cloud: str, directory: str
) -> None:
    assert LocalState.of(cloud, environment).directory == Path(directory)


def test_a_cloud_that_was_never_up_has_an_empty_environment(tmp_path: Path) -> None:
    assert LocalState(tmp_path).environment() == {}


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_environment_file_says_how_to_repair_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "pulumi-env.json").write_text(text)
    with pytest.raises(ContractError, match="`make up` writes it anew"):
        LocalState(tmp_path).environment()


def test_no_namespace_means_staying_here() -> None:
    with netns.inside(""):
        pass


def test_a_namespace_that_is_not_there_says_how_to_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(netns, "DIRECTORY", tmp_path)
    with (
        pytest.raises(PreflightError, match="'gone': the local cloud is not up"),
        netns.inside("gone"),
    ):
        pass
