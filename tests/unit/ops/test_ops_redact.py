"""No secret reaches a log."""

from __future__ import annotations

import io
import logging

import pytest

from ops.redact import MASK, RedactionFilter, Redactor


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("sc://h:1/;use_ssl=true;token=abc.def-123", "abc.def-123"),
        ("Authorization: Bearer abcdef0123456789", "abcdef0123456789"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI/K7MDENG"),
        ('{"SecretAccessKey": "wJalrXUtnFEMI"}', "wJalrXUtnFEMI"),
        ("passphrase: hunter2-hunter2", "hunter2-hunter2"),
        ("-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----", "MHcC"),
    ],
)
def test_secret_shapes_are_masked(text: str, secret: str) -> None:
    cleaned = Redactor().clean(text)
    assert secret not in cleaned
    assert MASK in cleaned


@pytest.mark.parametrize(
    "text", ["3 tokens for users analyst, etl", "the token file is ~/.config/x.token", "bearer of"]
)
def test_plain_words_stay(text: str) -> None:
    assert Redactor().clean(text) == text


def test_a_learned_value_is_masked_wherever_it_appears() -> None:
    redactor = Redactor()
    assert redactor.learn("correct-horse") == "correct-horse"
    assert redactor.clean("it said correct-horse twice: correct-horse") == (
        f"it said {MASK} twice: {MASK}"
    )


def test_a_value_too_short_to_be_a_secret_is_not_learned() -> None:
    redactor = Redactor()
    redactor.learn("test")
    assert redactor.clean("a test") == "a test"


def test_arguments_and_tracebacks_of_log_records_are_masked() -> None:
    redactor = Redactor()
    redactor.learn("correct-horse")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactionFilter(redactor))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    try:
        int("correct-horse")
    except ValueError:
        logger.exception("failed with %s", "correct-horse")
    assert "correct-horse" not in stream.getvalue()
    assert "Traceback" in stream.getvalue()
