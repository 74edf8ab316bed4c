"""Adding to moto's classes, and knowing when moto no longer needs it.

moto finds the method for an API action by name on a response class, so a missing action is
one function grafted onto that class. A graft states whether it fills a gap or replaces what
moto has; when a newer moto changes that, `apply` refuses instead of shadowing it silently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from moto.core.common_models import BaseModel

from lakehouse.errors import ContractError

T = TypeVar("T")
F = TypeVar("F")


class Grafts:
    """The grafts of one module, put in place by `apply`."""

    def __init__(self) -> None:
        self._pending: list[tuple[type, str, Any, bool]] = []
        self._originals: dict[tuple[type, str], Any] = {}

    def adds(self, owner: type, name: str = "") -> Callable[[F], F]:
        """Mark a function as an attribute that `owner` lacks."""
        return self._mark(owner, name, replaces=False)

    def replaces(self, owner: type, name: str = "") -> Callable[[F], F]:
        """Mark a function as standing in for an attribute that `owner` has."""
        return self._mark(owner, name, replaces=True)

    def original(self, owner: type, name: str) -> Any:
        """What `owner` had under this name before `apply`."""
        return self._originals[owner, name]

    def apply(self) -> None:
        """Put every graft in place; doing it again changes nothing."""
        for owner, name, value, replaces in self._pending:
            if (owner, name) in self._originals:
                continue
            present = hasattr(owner, name)
            if present != replaces:
                state = "already has" if present else "no longer has"
                msg = f"moto's {owner.__name__} {state} {name}: pin moto or drop the graft"
                raise ContractError(msg)
            self._originals[owner, name] = getattr(owner, name, None)
            setattr(owner, name, value)

    def _mark(self, owner: type, name: str, *, replaces: bool) -> Callable[[F], F]:
        def mark(function: F) -> F:
            given = name or getattr(function, "__name__", "")
            self._pending.append((owner, given, function, replaces))
            return function

        return mark


def stop_tracking() -> None:
    """Keep moto from remembering every object that it ever made.

    It lists them for its dashboard; in an account that lives for days that is a leak.
    """

    def make(kind: type, *_: Any, **__: Any) -> Any:
        return object.__new__(kind)

    BaseModel.__new__ = make


def attached(owner: object, kind: type[T]) -> T:
    """Our notes of one kind on a moto object, made on first use.

    They live and die with the object, so deleting a bucket forgets its policy and a reset of
    moto resets everything of ours.
    """
    notes: dict[type, Any] = owner.__dict__.setdefault("_millrace", {})
    if kind not in notes:
        notes[kind] = kind()
    found: T = notes[kind]
    return found
