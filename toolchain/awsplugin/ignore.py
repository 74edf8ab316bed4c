"""`ignoreChanges`, as Terraform's core does it: the configuration takes the prior value there."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from toolchain.awsplugin.model import UNKNOWN, Type
from toolchain.awsplugin.paths import EVERY, Path, parse


def ignoring(
    root: Type, config: Mapping[str, Any], prior: Mapping[str, Any], ignored: Iterable[str]
) -> dict[str, Any]:
    """A configuration that asks for no change at the ignored paths.

    Elements of sets have no place to speak of; there the engine's own work on the inputs stands.
    """
    out = copy.deepcopy(dict(config))
    for text in ignored:
        _object(root, out, prior, parse(text))
    return out


def _object(kind: Type, config: dict[str, Any], prior: Mapping[str, Any], path: Path) -> None:
    names = kind.by_name()
    head, rest = path[0], path[1:]
    chosen = names.values() if head == EVERY else [names[str(head)]] if head in names else []
    for member in chosen:
        if not member.settable:
            continue
        if member.one and rest and isinstance(rest[0], int):
            rest = rest[1:]
        before = prior.get(member.tf)
        if not rest or config.get(member.tf) is UNKNOWN:
            config[member.tf] = copy.deepcopy(before)
        elif member.one:
            now, old = config.get(member.tf), before
            if now and old and member.type.of().kind == "object":
                _object(member.type.of(), now[0], old[0], rest)
        else:
            config[member.tf] = _value(member.type, config.get(member.tf), before, rest)


def _value(kind: Type, config: Any, prior: Any, path: Path) -> Any:
    head, rest = path[0], path[1:]
    if kind.kind == "object" and isinstance(config, dict) and isinstance(prior, Mapping):
        _object(kind, config, prior, path)
    elif kind.kind == "map":
        return _map(kind, config, prior, path)
    elif kind.kind == "list" and isinstance(config, list) and isinstance(prior, list):
        places = range(len(config)) if head == EVERY else [head] if isinstance(head, int) else []
        for place in places:
            if place < len(config) and place < len(prior):
                config[place] = (
                    _value(kind.of(), config[place], prior[place], rest)
                    if rest
                    else copy.deepcopy(prior[place])
                )
    return config


def _map(kind: Type, config: Any, prior: Any, path: Path) -> Any:
    now, before = dict(config or {}), dict(prior or {})
    keys = sorted({*now, *before}) if path[0] == EVERY else [str(path[0])]
    for key in keys:
        if key in before:
            now[key] = before[key]
        else:
            now.pop(key, None)
    return now if now or config is not None else None
