"""The ladder of checks behind `make test`: one step after the other, timed, first failure ends it.

python -m tests.ladder            every step
python -m tests.ladder lint unit  only these
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolchain.packages import HOST, JVM, Package, ensure_packages
from toolchain.progress import Progress

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable
SHELLCHECK = Package("shellcheck", "shellcheck", "the style of shell scripts")
PYTEST = (PYTHON, "-m", "pytest", "-q")
# A file's tests stay together: what they share is made once.
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile")


def _tracked(*suffixes: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", *(f"*{suffix}" for suffix in suffixes)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return listed.stdout.split()


def _lint() -> list[Sequence[str]]:
    return [
        (PYTHON, "-m", "ruff", "check", "."),
        (PYTHON, "-m", "ruff", "format", "--check", "."),
        (PYTHON, "-m", "yamllint", "--strict", "."),
        ("shellcheck", *_tracked(".sh"), ".ci/run", "policy/pack/analyzer"),
        ("env", "-C", "ansible", PYTHON, "-m", "ansiblelint", "--offline", "playbooks", "roles"),
        (PYTHON, "-m", "ops.image", "validate"),
    ]


def _types() -> list[Sequence[str]]:
    rooms = ("lakehouse", "components", "ops", "local", "node", "toolchain", "benchmarks", "policy")
    present = [room for room in rooms if (ROOT / room).is_dir()]
    return [(PYTHON, "-m", "mypy", *present, "__main__.py")]


def _unit() -> list[Sequence[str]]:
    return [(*PYTEST, *SIDE_BY_SIDE, "-m", "not thorough", "tests/unit")]


def _components() -> list[Sequence[str]]:
    return [(*PYTEST, *SIDE_BY_SIDE, "-m", "not thorough", "tests/components")]


def _thorough() -> list[Sequence[str]]:
    at_length = ("env", "HYPOTHESIS_PROFILE=thorough", *PYTEST)
    return [
        (*at_length, "-m", "thorough", "tests/unit"),
        (*at_length, "tests/unit/lakehouse/test_config_random.py"),
    ]


def _image() -> list[Sequence[str]]:
    return [(PYTHON, "-m", "ops.image", "bake"), (PYTHON, "-m", "ops.image", "prove")]


def _engine() -> list[Sequence[str]]:
    return [(*PYTEST, *SIDE_BY_SIDE, "-m", "engine", "--durations=10", "tests/engine")]


def _cluster() -> list[Sequence[str]]:
    return [(*PYTEST, "-m", "cluster", "--durations=20", "tests/cluster")]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One rung: what it proves, the programs it needs, the commands it runs."""

    name: str
    proves: str
    commands: Callable[[], list[Sequence[str]]]


STEPS = (
    Step(name="lint", proves="style of every language in the tree", commands=_lint),
    Step(name="types", proves="mypy --strict", commands=_types),
    Step(name="unit", proves="claims about the code, offline and without root", commands=_unit),
    Step(name="components", proves="the program on a recording engine", commands=_components),
    Step(name="thorough", proves="the same at length: laws, fleets", commands=_thorough),
    Step(name="image", proves="the image bakes and passes its install tier", commands=_image),
    Step(name="engine", proves="stacks on Pulumi's engine, emulated accounts", commands=_engine),
    Step(name="cluster", proves="the booted local cloud keeps its promises", commands=_cluster),
)


NEED_PROGRAMS = {"lint", "image", "engine", "cluster"}
"""Steps that start programs of the host; the others need Python alone."""


def run(names: Sequence[str], log: Callable[[str], None]) -> int:
    """Run the named steps in the ladder's order. Returns the first exit code that is not zero."""
    chosen = [step for step in STEPS if not names or step.name in names]
    if NEED_PROGRAMS & {step.name for step in chosen}:
        ensure_packages(log, (*HOST, *JVM, SHELLCHECK))
    for step in chosen:
        log(f"{step.name}: {step.proves}")
        started = time.monotonic()
        for command in step.commands():
            if shutil.which(command[0]) is None:
                log(f"{step.name}: {command[0]} is missing; `make setup` installs it")
                return 1
            code = subprocess.run(command, cwd=ROOT, check=False).returncode
            if code:
                log(f"{step.name}: failed: {' '.join(command[:6])}")
                return code
        log(f"{step.name}: passed in {time.monotonic() - started:.0f} s")
    log("all passed; next: `make up`, then `make demo`")
    return 0


def main() -> int:
    """Entry point of `python -m tests.ladder`."""
    unknown = set(sys.argv[1:]) - {step.name for step in STEPS}
    if unknown:
        known = ", ".join(step.name for step in STEPS)
        sys.stderr.write(f"no such step: {', '.join(sorted(unknown))}; there are {known}\n")
        return 2
    return run(sys.argv[1:], Progress())


if __name__ == "__main__":
    sys.exit(main())
