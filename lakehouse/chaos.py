"""Interruptions on purpose: how many workers, which of them, and where it must be asked for twice.

Pure: commands and benchmarks act on what is decided here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

from lakehouse.errors import PreflightError

ENVIRONMENT_TAG: Final = "environment"
"""Tag that says what a stack is for."""

PRODUCTION: Final = ("prod", "production", "live")
"""What that tag, or a stack's name, says of one that people depend on."""

VICTIM_TAG: Final = "millrace:interrupt"
"""Tag of the machines that an experiment takes; set for as long as it runs."""

VICTIM: Final = "chosen"
"""Value of that tag."""

_SHARE = re.compile(r"(\d{1,3})%")
_COUNT = re.compile(r"\d{1,4}")


def production(
    stack: str, tags: Mapping[str, str], *, protected: bool, declared: bool | None = None
) -> str:
    """Why a stack is one that people depend on; empty where it is not.

    What its owner declares wins. Otherwise the environment tag or the name says it; a stack
    without that tag whose data is protected is taken for one, because nobody said otherwise.
    """
    if declared is not None:
        return "its configuration says chaos.production" if declared else ""
    environment = tags.get(ENVIRONMENT_TAG, "").strip().lower()
    if environment in PRODUCTION:
        return f"its tag {ENVIRONMENT_TAG} is {environment}"
    if stack.lower() in PRODUCTION:
        return f"its name is {stack}"
    if not environment and protected:
        return f"its tables are protected and it has no tag {ENVIRONMENT_TAG}"
    return ""


def refuse_production(stack: str, reason: str, *, confirmed: bool) -> None:
    """End here, before anything is touched, unless the operator meant production.

    Raises:
        PreflightError: it is production and nobody said `--yes-production`.
    """
    if reason and not confirmed:
        msg = (
            f"stack {stack} is production ({reason}): nothing was touched. "
            "Interrupt another stack, or say --yes-production"
        )
        raise PreflightError(msg)


def how_many(share: str, workers: int) -> int:
    """Workers that `30%` or `2` means of so many: at least one, and never more than there are.

    Raises:
        PreflightError: the text is neither a share nor a count, or there is nobody to interrupt.
    """
    if not workers:
        msg = "there is no spot worker in service to interrupt"
        raise PreflightError(msg)
    if (found := _SHARE.fullmatch(share)) and 0 < int(found[1]) <= 100:
        return min(workers, max(1, math.ceil(workers * int(found[1]) / 100)))
    if _COUNT.fullmatch(share) and int(share) > 0:
        return min(workers, int(share))
    msg = f"--workers {share}: give a share as 30% (1% to 100%) or a number of workers"
    raise PreflightError(msg)


def choose(workers: Mapping[str, int], count: int) -> Sequence[str]:
    """So many of the workers (id -> running tasks), the busiest first: chance hurts nobody."""
    return sorted(workers, key=lambda each: (-workers[each], each))[:count]
