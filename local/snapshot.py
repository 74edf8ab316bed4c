"""What runs and exists on this host, to compare before and after: a stop must leave nothing."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.cgroups import ROOT, Cgroups
from local.mounts import mount_points
from local.paths import NETNS_DIRECTORY

OURS: Final = ("systemd-nspawn", "dnsmasq", "haproxy", "local.account", "local.reconciler")
"""Programs that a local cloud runs; others come and go on any host."""


COMMAND_LENGTH: Final = 160
"""Enough of a command line to know it again."""


@dataclass(frozen=True)
class Snapshot:
    """Everything that a local cloud could leave behind, each thing as a line of text."""

    things: Counter[str]

    @classmethod
    def take(cls) -> Snapshot:
        """Look at the host now."""
        return cls(
            Counter(
                [
                    *_processes(),
                    *(f"mount {point}" for point in mount_points()),
                    *_namespaces(),
                    *_loop_devices(),
                    *_interfaces(),
                    *_control_groups(),
                ]
            )
        )

    def since(self, before: Snapshot, about: Iterable[str] = ()) -> list[str]:
        """What came (+) and went (-) after `before`; with `about`, lines with one of these words.

        On a host where others work too, `about` names what is ours.
        """
        words = tuple(about)
        lines = [f"+ {thing}" for thing in sorted((self.things - before.things).elements())]
        lines += [f"- {thing}" for thing in sorted((before.things - self.things).elements())]
        return [line for line in lines if not words or any(word in line for word in words)]


def _processes() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            groups = (entry / "cgroup").read_text().split()
        except OSError:
            # It ended while we looked.
            continue
        if not command:
            # The kernel's own, or one that ended and waits for its parent to notice.
            continue
        held = sorted({group.split(":")[-1] for group in groups})
        if any("/millrace." in group for group in held) or any(each in command for each in OURS):
            found.append(f"process {entry.name} in {' '.join(held)}: {command[:COMMAND_LENGTH]}")
    return found


def _namespaces() -> list[str]:
    if not NETNS_DIRECTORY.is_dir():
        return []
    return [f"network namespace {entry.name}" for entry in NETNS_DIRECTORY.iterdir()]


def _loop_devices() -> list[str]:
    found = []
    for entry in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            found.append(f"loop device on {entry.read_text().strip()}")
        except OSError:
            continue
    return found


def _interfaces() -> list[str]:
    listed = subprocess.run(
        ["ip", "-o", "link", "show"], capture_output=True, text=True, check=True, timeout=30
    )
    return [f"interface {line.split(':')[1].strip()}" for line in listed.stdout.splitlines()]


def _control_groups() -> list[str]:
    found = []
    for hierarchy in Cgroups(ROOT).hierarchies():
        for top in hierarchy.glob("millrace.*"):
            # Groups vanish while a machine shuts down; `os.walk` leaves those out.
            found += [f"control group {folder}" for folder, _, _ in os.walk(top)]
    return found
