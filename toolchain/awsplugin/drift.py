"""Inputs after a refresh or an import: as the program wrote them, but for what is now different."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from toolchain.awsplugin.autoname import DEFAULTS
from toolchain.awsplugin.model import Binding
from toolchain.awsplugin.secrets import reveal
from toolchain.awsplugin.wire import Asset, Secret

# The provider merges default tags into these; a program never sets them.
_DERIVED: Final = frozenset({"tagsAll"})


def refreshed(
    inputs: Mapping[str, Any], before: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    """Inputs, with properties whose output changed since it was last seen taking the new output."""
    return {
        key: value if key.startswith("__") else _merge(value, before.get(key), now.get(key))
        for key, value in inputs.items()
    }


def _merge(given: Any, before: Any, now: Any) -> Any:
    if isinstance(given, Secret):
        if reveal(before) == reveal(now):
            return given
        return Secret(reveal(_merge(given.value, reveal(before), reveal(now))))
    if isinstance(given, Asset) or reveal(before) == reveal(now):
        return given
    if isinstance(given, Mapping) and isinstance(before, Mapping) and isinstance(now, Mapping):
        kept = {
            key: _merge(value, before.get(key), now.get(key))
            for key, value in given.items()
            if key in now or key not in before
        }
        return {**kept, **{key: now[key] for key in now if key not in before}}
    return now


def imported(binding: Binding, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs that would have made what was imported; zero values are left to their defaults."""
    names = binding.root.by_name()
    found = {
        key: value
        for key, value in outputs.items()
        if key in names
        and names[key].settable
        and key not in _DERIVED
        and reveal(value) not in (None, "", [], {})
    }
    return {**found, DEFAULTS: []}
