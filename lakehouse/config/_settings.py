"""How one setting is declared: description, default or the reason for none, update effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from lakehouse.effects import Effect


class Section(BaseModel):
    """A part of the configuration: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def setting(
    description: str,
    *,
    effect: Effect,
    default: Any = ...,
    factory: Callable[[], Any] | None = None,
    required: str = "",
    **rules: Any,
) -> Any:
    """Declare a field of a `Section`; `required` says why there is no default."""
    extra: JsonDict = {"effect": effect.value, "required": required}
    if factory is not None:
        return Field(
            default_factory=factory, description=description, json_schema_extra=extra, **rules
        )
    return Field(default, description=description, json_schema_extra=extra, **rules)


def effect_of(field: FieldInfo) -> Effect | None:
    """The update effect that a field declares."""
    extra = field.json_schema_extra
    value = extra.get("effect") if isinstance(extra, dict) else None
    return Effect(value) if isinstance(value, str) else None


def reason_required(field: FieldInfo) -> str:
    """Why a field has no default; empty when it has one or gives no reason."""
    extra = field.json_schema_extra
    value = extra.get("required") if isinstance(extra, dict) else None
    return value if isinstance(value, str) else ""
