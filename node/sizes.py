"""How a machine's memory and cores are shared out: arithmetic only.

What the boot document says wins; zero means computed here. Figures of the daemons are measured
resident sizes of idle processes on 3.5.7, with room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lakehouse.boot import SparkBoot
from node.machine import Machine

DAEMON_HEAP_MIB: Final = 256
"""Master and worker daemons; about 200 MiB resident when idle."""

LEADER_RESERVE_MIB: Final = 1100
"""System, master, gateway, probe (a Spark client with pandas and Arrow), health, shipper, metrics
(40 MiB each)."""

WORKER_RESERVE_MIB: Final = 512
"""System, worker daemon, agent, shipper."""

DEFAULT_EXECUTOR_MIB: Final = 768
"""A leader cannot see its workers: what fits the smallest worker shape offered (2 GiB)."""

_STEP: Final = 64


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """MiB and cores as Spark gets them."""

    driver_mib: int
    worker_mib: int
    """What the worker offers to executors' heaps."""
    worker_cores: int
    executor_mib: int
    executor_cores: int
    """Zero: one executor takes all cores of its worker."""


def compute(spark: SparkBoot, machine: Machine) -> Sizes:
    """Share out a machine."""
    worker_mib = spark.worker_memory_mib or worker_memory(machine.memory_mib)
    return Sizes(
        driver_mib=spark.driver_memory_mib or driver_memory(machine.memory_mib),
        worker_mib=worker_mib,
        worker_cores=spark.worker_cores or machine.cores,
        executor_mib=spark.executor_memory_mib or DEFAULT_EXECUTOR_MIB,
        executor_cores=spark.executor_cores,
    )


def driver_memory(total_mib: int) -> int:
    """Heap of the Connect server: three quarters of what the leader's own services leave.

    The last quarter is for what a JVM has besides its heap: metaspace, threads, direct buffers.
    """
    return max(512, _down((total_mib - LEADER_RESERVE_MIB) * 0.75))


def worker_memory(total_mib: int) -> int:
    """Heap that executors of one worker may have together.

    60 % of what is left on small machines, where an executor's JVM overhead and Python workers
    (some 300 MiB each) weigh most, 75 % from 16 GiB.
    """
    share = 0.6 if total_mib < 6 * 1024 else 0.7 if total_mib < 15 * 1024 else 0.75
    return max(DEFAULT_EXECUTOR_MIB, _down((total_mib - WORKER_RESERVE_MIB) * share))


def _down(mib: float) -> int:
    return int(mib) // _STEP * _STEP
