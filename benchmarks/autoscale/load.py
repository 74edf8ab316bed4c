"""A synthetic week of queries: office hours, a nightly batch, dashboards, and quiet nights."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Arrival:
    """Tasks that come together, and how long each runs."""

    tasks: int
    seconds: float


def arrivals(chance: random.Random, hour: float, step_hours: float, peak: int) -> list[Arrival]:
    """What comes in one step. `peak` is the number of cores that the busiest hour wants."""
    day, clock = int(hour // 24) % 7, hour % 24
    found: list[Arrival] = []
    if day < 5 and 7 <= clock < 19:
        # Queries of people: a hill over the working day.
        hill = math.sin(math.pi * (clock - 7) / 12) ** 2
        per_query = max(4, peak // 10)
        expected = step_hours * 3600 * hill * peak * 0.5 / (per_query * 40)
        found += [
            Arrival(per_query, chance.uniform(10, 70)) for _ in range(_poisson(chance, expected))
        ]
    if 2 <= clock < 2 + step_hours:
        # The nightly batch, every night: most of what there is, for about an hour.
        found.append(Arrival(peak * 30, 90))
    # Dashboards and sensors, seldom, around the clock.
    if chance.random() < step_hours * 0.7:
        found.append(Arrival(8, 20))
    return found


def _poisson(chance: random.Random, expected: float) -> int:
    limit, product, count = math.exp(-expected), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
