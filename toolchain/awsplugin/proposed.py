"""What a new state would be before the provider has its say: Terraform core's ProposedNew.

The configuration wins; where it says nothing and the attribute is computed, the prior value stays.
Blocks are walked: lists by index, maps by key, sets by the likeness rule below.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolchain.awsplugin.model import UNKNOWN, Field, Type


def proposed_new(kind: Type, prior: Mapping[str, Any] | None, config: Any) -> Any:
    """The proposed state of an object of blocks and attributes."""
    if config is None or config is UNKNOWN:
        return prior
    before = prior if prior is not None else {}
    return {name: _member(f, before.get(name), config.get(name)) for name, f in kind.fields.items()}


def _member(member: Field, prior: Any, config: Any) -> Any:
    if not member.nesting:
        return prior if config is None and member.computed else config
    if config is UNKNOWN:
        return config
    match member.nesting:
        case "single":
            return None if config is None else proposed_new(member.type, prior, config)
        case "group":
            return proposed_new(member.type, prior, {} if config is None else config)
        case "list":
            return _by_index(member.type.of(), prior, config or [])
        case "map":
            before = prior or {}
            element = member.type.of()
            return {k: proposed_new(element, before.get(k), v) for k, v in (config or {}).items()}
        case _:
            return _by_likeness(member.type.of(), prior, config or [])


def _by_index(element: Type, prior: Any, config: list[Any]) -> list[Any]:
    before = prior if isinstance(prior, list) else []
    return [
        proposed_new(element, before[index], item) if index < len(before) else _fresh(element, item)
        for index, item in enumerate(config)
    ]


def _by_likeness(element: Type, prior: Any, config: list[Any]) -> list[Any]:
    left = list(prior) if isinstance(prior, list) else []
    out = []
    for item in config:
        index = next((i for i, old in enumerate(left) if could_be(element, old, item)), None)
        out.append(proposed_new(element, None if index is None else left.pop(index), item))
    return out


def _fresh(element: Type, config: Any) -> Any:
    return config if config is UNKNOWN else proposed_new(element, None, config)


def could_be(element: Type, prior: Any, config: Any) -> bool:
    """Whether a set's prior element may be the state of this configured element.

    Everything must be equal but leaf attributes that are computed and not configured. Sets inside
    have no path to compare by, so they must be equal, unless the prior one is empty.
    """
    if prior == config:
        return True
    if not isinstance(prior, Mapping) or not isinstance(config, Mapping):
        return False
    return all(
        _member_could_be(member, prior.get(name), config.get(name))
        for name, member in element.fields.items()
    )


def _member_could_be(member: Field, prior: Any, config: Any) -> bool:
    if prior == config:
        return True
    match member.nesting:
        case "":
            return member.computed and config is None
        case "set":
            return not prior
        case "single" | "group":
            # An absent prior block has nothing in it that could contradict the configuration.
            return prior is None or could_be(member.type, prior, config)
        case "list":
            after = config if isinstance(config, list) else []
            return len(prior or []) <= len(after) and all(
                could_be(member.type.of(), old, new)
                for old, new in zip(prior or [], after, strict=False)
            )
        case _:
            after_map = config if isinstance(config, Mapping) else {}
            return all(
                key in after_map and could_be(member.type.of(), old, after_map[key])
                for key, old in (prior or {}).items()
            )
