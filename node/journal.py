"""Logging for systemd's journal: one line per event, with the priority journald understands."""

from __future__ import annotations

import logging
from typing import Final

_PRIORITY: Final = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}


class _Formatter(logging.Formatter):
    """`<priority>message` (sd-daemon(3)); journald adds time, unit and process itself."""

    def format(self, record: logging.LogRecord) -> str:
        """Render on one line: a journal entry with line breaks is several entries."""
        text = super().format(record).replace("\n", " | ")
        return f"<{_PRIORITY.get(record.levelno, 6)}>{text}"


def configure() -> None:
    """Send the root logger to standard error in the journal's form."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter("%(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # botocore tells at INFO which credentials it found; that is noise on every start.
    logging.getLogger("botocore").setLevel(logging.WARNING)
