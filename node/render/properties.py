"""Writing Java properties files."""

from __future__ import annotations

from collections.abc import Mapping

from node.errors import LastingError


def render(settings: Mapping[str, str]) -> str:
    """One setting a line, sorted, as `java.util.Properties` reads them back.

    Raises:
        LastingError: a key that is not one word; a value is quoted, never refused.
    """
    return "".join(f"{_key(key)} {_value(settings[key])}\n" for key in sorted(settings))


def _key(key: str) -> str:
    if not key or any(char.isspace() or char in "=:#!\\" for char in key):
        msg = f"Spark setting {key!r} is not a name"
        raise LastingError(msg)
    return key


def _value(value: str) -> str:
    """Escape what Properties.load would take as its own syntax."""
    text = (
        value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    return "\\" + text if text.startswith((" ", "=", ":")) else text
