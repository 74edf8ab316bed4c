"""Keeps secret values out of everything the CLI logs.

Two nets: values that were registered when they were fetched, and shapes that are secret
wherever they come from (bearer tokens, private keys, access keys).
"""

from __future__ import annotations

import logging
import re
from typing import Final

MASK: Final = "[redacted]"

MINIMUM_LENGTH: Final = 6
"""Shorter values are not masked by value: they would blank out ordinary words."""

_SHAPES: Final = (
    re.compile(
        r"(-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----).*?(-----END (?:[A-Z]+ )?PRIVATE KEY-----)",
        re.DOTALL,
    ),
    re.compile(r"((?i:bearer)\s+)[A-Za-z0-9._~+/=-]{6,}()"),
    re.compile(r"((?i:[;?&\s]token=))[^;&\s\"']+()"),
    re.compile(
        r"((?i:secret_?access_?key|session_?token|passphrase|password)[\"']?\s*[=:]\s*[\"']?)"
        r"[^\s\"',;]+()"
    ),
)


class Redactor:
    """Masks what must not be read in a log. One per process is enough."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def learn(self, value: str) -> str:
        """Remember a secret value, to mask it from now on; returns it for use in place."""
        if len(value) >= MINIMUM_LENGTH:
            self._values.add(value)
        return value

    def clean(self, text: str) -> str:
        """The text with every known value and every secret shape masked."""
        # Longest first, so that a value containing another is masked whole.
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, MASK)
        for shape in _SHAPES:
            text = shape.sub(rf"\1{MASK}\2", text)
        return text


class RedactionFilter(logging.Filter):
    """Logging filter that renders the message and masks it; attach it to handlers."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a record; what it says is masked, its traceback too."""
        record.msg = self._redactor.clean(record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self._redactor.clean(record.exc_text)
        return True
