"""What a log line may not carry off the machine: what users' statements and data say.

Errors of Spark quote the statement, its plan and the value that did not fit. The line stays
whole in the machine's own journal; what is sent keeps the error's class and its stack.
"""

from __future__ import annotations

import re
from typing import Final

BAR: Final = " | "
"""Between the lines of one event, as the logging configuration joins them."""

_THROWN: Final = re.compile(
    r"(?P<type>\b(?:[A-Za-z_$][\w$]*\.)+[\w$]*(?:Exception|Error|Interrupt)\b)"
    r"(?::\s*(?P<condition>\[[A-Z][A-Z0-9_.]*\])?.*)?",
    re.S,
)
_FRAME: Final = re.compile(r"at [\w.$<>/@-]+\([\w.$ :-]*\)(?: ~?\[.*\])?|\.\.\. \d+ more")
_CAUSE: Final = re.compile(r"(?:Caused by|Suppressed): .*", re.S)


def withhold(message: str) -> str:
    """The same line without messages of exceptions and without what follows them."""
    first, *others = message.split(BAR)
    kept = [_class_only(first)]
    withheld = 0
    for line in others:
        if _FRAME.fullmatch(line):
            kept.append(line)
        elif _CAUSE.fullmatch(line) or _THROWN.match(line):
            kept.append(_class_only(line))
        else:
            withheld += 1
    if withheld:
        kept.append(f"({withheld} lines stay on the machine)")
    return BAR.join(kept)


def _class_only(line: str) -> str:
    found = _THROWN.search(line)
    if not found:
        return line
    condition = f" {found['condition']}" if found["condition"] else ""
    return f"{line[: found.start()]}{found['type']}{condition}"
