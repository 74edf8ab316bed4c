"""Journals of machines, by SSH."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Final

from lakehouse.errors import LakehouseError
from ops.access import Access
from ops.machines import Machine

UNITS: Final = ("millrace-*", "spark-*")
LINES: Final = 200


def journal_command(unit: str, *, follow: bool, lines: int = LINES) -> list[str]:
    """The journalctl call; an empty unit means everything that is ours."""
    command = ["journalctl", "--no-pager", "--output=short-iso", f"--lines={lines}"]
    command += [f"--unit={name}" for name in ((unit,) if unit else UNITS)]
    return [*command, "--follow"] if follow else command


def read(access: Access, machines: Sequence[Machine], unit: str) -> Iterator[str]:
    """The last lines of each machine, one machine after the other."""
    for machine in machines:
        with access.shell(machine) as shell:
            result = shell.run(journal_command(unit, follow=False))
        for line in (result.stdout or result.stderr).splitlines():
            yield _labelled(machine, line, len(machines))


def follow(access: Access, machines: Sequence[Machine], unit: str) -> Iterator[str]:
    """Lines of all machines as they are written, until every connection ends.

    Raises:
        LakehouseError: a machine could not be reached; the others are let go.
    """
    lines: queue.Queue[str | LakehouseError | None] = queue.Queue(maxsize=1000)

    def pump(machine: Machine) -> None:
        try:
            with access.shell(machine) as shell:
                for line in shell.stream(journal_command(unit, follow=True, lines=20)):
                    lines.put(_labelled(machine, line, len(machines)))
        except LakehouseError as error:
            lines.put(error)
        else:
            lines.put(None)

    for machine in machines:
        threading.Thread(target=pump, args=(machine,), daemon=True).start()
    open_machines = len(machines)
    while open_machines:
        item = lines.get()
        if item is None:
            open_machines -= 1
        elif isinstance(item, LakehouseError):
            raise item
        else:
            yield item


def _labelled(machine: Machine, line: str, count: int) -> str:
    return line if count == 1 else f"{machine.generation}/{machine.role} {machine.address} {line}"
