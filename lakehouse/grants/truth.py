"""The truth table: which engine holds which grant. By AWS's documentation, and no further.

Rests on: Lake Formation developer guide, "Credential vending" and "Full table access" (an engine
outside AWS gets credentials for whole tables only); its table of services with column and row
filtering (Athena, Redshift Spectrum, EMR on EC2 and Serverless, Glue 5); S3 Tables user guide
(direct access is decided by IAM alone).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lakehouse.grants.model import PARTS, WRITES, Grant, Kind


class Engine(StrEnum):
    """What runs queries."""

    SPARK = "spark"
    """Spark as this project runs it, outside of AWS's own engines."""
    ATHENA = "athena"
    REDSHIFT = "redshift"
    EMR = "emr"


class Verdict(StrEnum):
    """What becomes of a grant in an engine."""

    ENFORCED = "enforced"
    """The principal gets what was granted and no more."""
    DENIED = "denied"
    """The principal gets nothing of the object, not even the part that was granted."""
    UNPROVEN = "unproven"
    """The documentation does not say and nobody has tried: do not rest on it."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What of an environment the verdicts depend on."""

    third_party_engines: bool
    """Whether Lake Formation gives credentials for whole tables to engines outside AWS."""


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """A verdict and why."""

    engine: Engine
    verdict: Verdict
    reason: str


_INTEGRATED: Final = {
    Engine.ATHENA: "Athena SQL asks Lake Formation and filters columns and rows itself",
    Engine.REDSHIFT: "Redshift Spectrum asks Lake Formation and filters columns and rows itself",
    Engine.EMR: "EMR on EC2 and EMR Serverless filter columns and rows; of EMR on EKS AWS's own "
    "pages say both",
}
_VENDED: Final = "Lake Formation gives this Spark credentials for whole tables and for no others"
_CLOSED: Final = (
    "governance.third_party_engines is false, so that Lake Formation gives no credentials to "
    "engines outside AWS"
)
_PARTS_IN_SPARK: Final = (
    "this Spark is not trusted to filter; whoever may read a part of a table is refused the table"
)
_WRITES: Final = "writing through this grant has not been tried"
_TAGS: Final = "whether tags reach engines outside AWS on this path is not documented"


def rulings(grant: Grant, setup: Setup) -> tuple[Ruling, ...]:
    """What each engine makes of a grant."""
    return tuple(ruling(grant, engine, setup) for engine in Engine)


def ruling(grant: Grant, engine: Engine, setup: Setup) -> Ruling:
    """What one engine makes of a grant."""
    verdict, reason = _spark(grant, setup) if engine is Engine.SPARK else _integrated(engine)
    writes = grant.actions & WRITES
    if verdict is Verdict.ENFORCED and writes:
        only_writes = writes == grant.actions
        verdict = Verdict.UNPROVEN if only_writes else verdict
        reason = (
            f"{_WRITES}: {', '.join(sorted(writes))}" if only_writes else f"{reason}; {_WRITES}"
        )
    return Ruling(engine=engine, verdict=verdict, reason=reason)


def unenforced(grant: Grant, engines: Iterable[Engine]) -> str:
    """Why a principal of these engines must not be given this grant; empty when it may.

    A part of a table for an engine that cannot filter: at best it is denied the table, and an
    engine that claimed to filter would show all of it.
    """
    if Engine.SPARK in engines and grant.target.kind in PARTS:
        return _PARTS_IN_SPARK
    return ""


def _integrated(engine: Engine) -> tuple[Verdict, str]:
    return Verdict.ENFORCED, _INTEGRATED[engine]


def _spark(grant: Grant, setup: Setup) -> tuple[Verdict, str]:
    if not setup.third_party_engines:
        return Verdict.DENIED, _CLOSED
    if grant.target.kind in PARTS:
        return Verdict.DENIED, _PARTS_IN_SPARK
    if grant.target.kind in (Kind.TAGGED_NAMESPACES, Kind.TAGGED_TABLES):
        return Verdict.UNPROVEN, _TAGS
    return Verdict.ENFORCED, _VENDED
