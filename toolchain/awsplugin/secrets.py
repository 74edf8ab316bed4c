"""What must not be seen: which inputs are secret, and which outputs follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from toolchain.awsplugin.model import scalars
from toolchain.awsplugin.wire import Secret

# Shorter texts occur by chance: a secret "1" must not make every number a secret.
_TELLING: Final = 6


def reveal(value: Any) -> Any:
    """The value without its secret marks."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, Mapping):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def contains_secret(value: Any) -> bool:
    """Whether any part is marked."""
    return any(isinstance(leaf, Secret) for leaf in scalars(value))


def telling(*values: Any) -> frozenset[str]:
    """The texts inside secret values that are long enough to be recognised elsewhere."""
    found: set[str] = set()
    for value in values:
        for leaf in scalars(value):
            if isinstance(leaf, Secret):
                inner = scalars(reveal(leaf))
                found |= {text for text in inner if isinstance(text, str)}
    return frozenset(text for text in found if len(text) >= _TELLING)


def mark(outputs: Mapping[str, Any], *sources: Any) -> dict[str, Any]:
    """Outputs with secret marks where a source has one at the same place, or where a text holds
    the text of a secret."""
    texts = telling(*sources)
    marked = dict(outputs)
    for source in sources:
        marked = {key: _same_place(item, source.get(key)) for key, item in marked.items()}
    return {key: _same_text(item, texts) for key, item in marked.items()}


def _same_place(value: Any, source: Any) -> Any:
    if value is None or isinstance(value, Secret):
        return value
    if isinstance(source, Secret):
        return Secret(reveal(value))
    if isinstance(value, Mapping) and isinstance(source, Mapping):
        return {key: _same_place(item, source.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(source, list):
        if len(value) != len(source):
            # Elements came or went, so places say nothing: all of them, rather than the wrong one.
            return Secret(reveal(value)) if contains_secret(source) else value
        return [_same_place(item, old) for item, old in zip(value, source, strict=True)]
    return value


def _same_text(value: Any, texts: Iterable[str]) -> Any:
    if isinstance(value, str):
        return Secret(value) if any(text in value for text in texts) else value
    if isinstance(value, Mapping):
        return {key: _same_text(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [_same_text(item, texts) for item in value]
    return value


def redact(message: str, texts: Iterable[str]) -> str:
    """A message without the texts of secrets."""
    for text in sorted(texts, key=len, reverse=True):
        message = message.replace(text, "[secret]")
    return message
