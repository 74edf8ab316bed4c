"""Conditions of IAM statements, as the user guide defines them ("Condition operators")."""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

Context = Mapping[str, Any]
Test = Callable[[str, str], bool]


def like(pattern: str, value: str) -> bool:
    """Wildcards of IAM: any characters for `*`, one for `?`, and nothing else is special."""
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


def _arn_like(pattern: str, value: str) -> bool:
    """Part by part: a wildcard in an ARN does not reach over a colon, but in the last part."""
    wanted, given = pattern.split(":", 5), value.split(":", 5)
    return len(wanted) == len(given) == 6 and all(map(like, wanted, given))


def _in_network(pattern: str, value: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(pattern)


def _dates(compare: Callable[[datetime, datetime], bool]) -> Test:
    return lambda wanted, given: compare(
        datetime.fromisoformat(given), datetime.fromisoformat(wanted)
    )


def _numbers(compare: Callable[[float, float], bool]) -> Test:
    return lambda wanted, given: compare(float(given), float(wanted))


TESTS: dict[str, Test] = {
    "StringEquals": lambda wanted, given: wanted == given,
    "StringEqualsIgnoreCase": lambda wanted, given: wanted.lower() == given.lower(),
    "StringLike": like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
    "BinaryEquals": lambda wanted, given: wanted == given,
    "IpAddress": _in_network,
    "NumericEquals": _numbers(lambda given, wanted: given == wanted),
    "NumericLessThan": _numbers(lambda given, wanted: given < wanted),
    "NumericLessThanEquals": _numbers(lambda given, wanted: given <= wanted),
    "NumericGreaterThan": _numbers(lambda given, wanted: given > wanted),
    "NumericGreaterThanEquals": _numbers(lambda given, wanted: given >= wanted),
    "DateEquals": _dates(lambda given, wanted: given == wanted),
    "DateLessThan": _dates(lambda given, wanted: given < wanted),
    "DateGreaterThan": _dates(lambda given, wanted: given > wanted),
}

NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}


def hold(conditions: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Whether every operator and every key of a statement's conditions holds."""
    lowered = {key.lower(): _texts(value) for key, value in context.items()}
    return all(
        _holds(operator, lowered.get(key.lower()), _texts(wanted), lowered)
        for operator, tests in conditions.items()
        for key, wanted in tests.items()
    )


def _holds(
    operator: str,
    given: Sequence[str] | None,
    wanted: Sequence[str],
    context: Mapping[str, Sequence[str]],
) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if name == "Null":
        return (given is None) == (wanted[0].lower() == "true")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = name in NEGATED
    test = TESTS[NEGATED.get(name, name)]
    patterns = [substitute(each, context) for each in wanted]

    def matches(value: str) -> bool:
        found = any(pattern is not None and test(pattern, value) for pattern in patterns)
        return found != negated

    if quantifier == "ForAllValues":
        # Nothing given is nothing wrong: the trap that the user guide warns of.
        return all(map(matches, given or ()))
    if given is None:
        return if_exists or (negated and quantifier != "ForAnyValue")
    return any(map(matches, given)) if quantifier == "ForAnyValue" else all(map(matches, given))


def substitute(pattern: str, context: Mapping[str, Sequence[str]]) -> str | None:
    """A pattern with its ${variables} filled in; none where one has no value."""
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = found[1].partition(",")
        if name in ("*", "?", "$"):
            msg = f"${{{name}}} is not used by any policy of ours"
            raise NotImplementedError(msg)
        known = context.get(name.strip().lower())
        if known:
            return known[0]
        missing = missing or not default
        return default.strip().strip("'")

    filled = re.sub(r"\$\{([^}]+)\}", value, pattern)
    return None if missing else filled


def _texts(value: Any) -> list[str]:
    listed: Iterable[Any] = value if isinstance(value, list | tuple | set) else [value]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in listed]
