"""Asserting that something answers on the network, and that something never does."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

SILENCE = 2.0
"""Seconds without any answer that count as "never" for one address."""


@dataclass(frozen=True)
class Observation:
    """What one attempt met."""

    answered: bool
    seen: str


Probe = Callable[[float], Observation]
"""Tries once, within the given seconds."""


def tcp(address: str, port: int, *, source: str = "") -> Probe:
    """A probe that opens a TCP connection; a refusal counts as no answer from a service."""

    def probe(seconds: float) -> Observation:
        try:
            with socket.create_connection(
                (address, port), timeout=seconds, source_address=(source, 0) if source else None
            ):
                return Observation(answered=True, seen="connection accepted")
        except OSError as error:
            return Observation(answered=False, seen=f"{type(error).__name__}: {error}")

    return probe


def assert_answers(what: str, probe: Probe, *, deadline: float = 30.0) -> None:
    """Fail unless the probe answers before the deadline; says what it saw last."""
    end = time.monotonic() + deadline
    seen = probe(min(5.0, deadline))
    while not seen.answered and time.monotonic() < end:
        time.sleep(0.5)
        seen = probe(min(5.0, deadline))
    assert seen.answered, f"{what} should answer within {deadline:g} s; last seen: {seen.seen}"


def assert_never_answers(what: str, probe: Probe, *, seconds: float = SILENCE) -> None:
    """Fail as soon as the probe answers; says what it saw."""
    end = time.monotonic() + seconds
    while True:
        seen = probe(seconds)
        assert not seen.answered, f"{what} must never answer; seen: {seen.seen}"
        if time.monotonic() >= end:
            return
        time.sleep(0.5)
