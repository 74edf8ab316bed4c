"""What is wrong with a configuration, said so that a person can mend it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from lakehouse.config._settings import reason_required

_ABSENT = object()

_ELSE = "is not what may stand here; write what docs/reference/config.md says of it"

_KINDS = {
    "string": "text",
    "int": "a whole number",
    "bool": "true or false",
    "dict": "a map of keys and values",
    "model": "a map of keys and values",
    "tuple": "a list",
    "list": "a list",
}


@dataclass(frozen=True)
class Finding:
    """One broken rule. `problem` is "rule; remedy", to be read after the key and value."""

    key: str
    problem: str
    value: Any = _ABSENT

    def __str__(self) -> str:
        shown = "" if self.value is _ABSENT else f" = {_shown(self.value)}"
        return f"{_on_one_line(self.key)}{shown}: {_on_one_line(self.problem)}"


def translate(error: ErrorDetails, key: str, model: type[BaseModel]) -> Finding:
    """One of pydantic's errors in our words."""
    kind, context, value = error["type"], error.get("ctx", {}), error["input"]
    if kind == "missing":
        return Finding(key, _missing(model, str(error["loc"][-1])))
    if kind == "extra_forbidden":
        return Finding(key, _unknown(model, str(error["loc"][-1])))
    if kind == "value_error":
        return Finding(key, str(context["error"]), value)
    if kind in ("enum", "literal_error"):
        choices = str(context["expected"]).replace("'", "")
        return Finding(key, f"is not one of the choices; write {choices}", value)
    return Finding(key, _bounds(kind, context) or _shape(kind), value)


def did_you_mean(key: str, known: Iterable[str]) -> str:
    """The remedy for a key that nobody knows."""
    names = sorted(known)
    if not names:
        return "remove it: there is none to choose"
    close = difflib.get_close_matches(key, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"remove it, or use one of {', '.join(names)}"


def _missing(model: type[BaseModel], name: str) -> str:
    field = model.model_fields.get(name)
    why = reason_required(field) if field else ""
    return f"is missing and has no default ({why}); add it" if why else "is missing; add it"


def _unknown(model: type[BaseModel], name: str) -> str:
    return f"is not a setting; {did_you_mean(name, model.model_fields)}"


def _bounds(kind: str, context: Mapping[str, Any]) -> str:
    match kind:
        case "greater_than_equal":
            return f"is too small; give at least {context['ge']}"
        case "less_than_equal":
            return f"is too large; give at most {context['le']}"
        case "too_short":
            return f"has too few entries; give at least {context['min_length']}"
        case "too_long":
            return f"has too many entries; give at most {context['max_length']}"
        case "string_too_short":
            return f"is too short; give at least {context['min_length']} characters"
        case "string_too_long":
            return f"is too long; give at most {context['max_length']} characters"
    return ""


def _shape(kind: str) -> str:
    name = kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_attributes")
    wanted = _KINDS.get(name)
    return f"is of the wrong kind; write {wanted}" if wanted else _ELSE


def _on_one_line(text: str) -> str:
    """Keys are a person's own words, which may hold line ends and worse."""
    return text if text.isprintable() else ascii(text)[1:-1]


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
