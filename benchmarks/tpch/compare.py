"""Whether two engines gave the same answer.

Order is not compared: rows that tie in ORDER BY come as an engine likes. Numbers are equal
within a tolerance, because one engine divides decimals where the other uses doubles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

RELATIVE: Final = 1e-6
ABSOLUTE: Final = 1e-6

Row = Sequence[Any]


def difference(ours: Sequence[Row], theirs: Sequence[Row]) -> str:
    """An empty string when the answers are equal, else the first thing that differs."""
    if len(ours) != len(theirs):
        return f"{len(ours)} rows against {len(theirs)}"
    mine, others = _ordered(ours), _ordered(theirs)
    for left, right in zip(mine, others, strict=True):
        if len(left) != len(right):
            return f"{len(left)} columns against {len(right)}"
        for column, (a, b) in enumerate(zip(left, right, strict=True)):
            if not _equal(a, b):
                return f"column {column + 1}: {a!r} against {b!r} in row {right}"
    return ""


def _ordered(rows: Sequence[Row]) -> list[list[Any]]:
    plain = [[_plain(value) for value in row] for row in rows]
    return sorted(plain, key=_key)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _key(row: list[Any]) -> tuple[Any, ...]:
    # Text first and exact; numbers after it and rounded, so that noise does not reorder rows.
    text = tuple("" if value is None else value for value in row if not isinstance(value, float))
    numbers = tuple(f"{value:.4e}" for value in row if isinstance(value, float))
    return (text, numbers, tuple(value for value in row if isinstance(value, float)))


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return bool(left == right)
