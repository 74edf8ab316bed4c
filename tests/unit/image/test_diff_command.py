"""`lakehouse image diff` asks an account only about what only an account knows."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from ops.image import commands
from ops.redact import Redactor


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was compared; opening an account fails the test."""
    seen: list[tuple[str, str]] = []

    def diff(before: str, after: str, *_: Any, **__: Any) -> str:
        seen.append((before, after))
        return "text"

    def refuse(*_: Any, **__: Any) -> None:
        msg = "the account was asked"
        raise AssertionError(msg)

    monkeypatch.setattr(commands, "diff", diff)
    monkeypatch.setattr(commands, "open_account", refuse)
    return seen


def _run(*words: str) -> str:
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser)
    arguments = parser.parse_args(["diff", *words])
    arguments.stack, arguments.cloud = "local", ""
    return commands.run(arguments, Redactor())


def test_content_hashes_are_compared_without_an_account(compared: list[tuple[str, str]]) -> None:
    assert (_run("aaaaaa", "bbbbbb"), compared) == ("text", [("aaaaaa", "bbbbbb")])


@pytest.mark.parametrize("word", ["channel:prod", "ami-0123456789abcdef0"])
@pytest.mark.usefixtures("compared")
def test_a_channel_and_an_id_are_the_accounts(word: str) -> None:
    with pytest.raises(AssertionError, match="the account was asked"):
        _run("aaaaaa", word)
