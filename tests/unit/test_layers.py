"""The rooms of the house import one way only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = (
    "lakehouse",
    "components",
    "ops",
    "node",
    "local",
    "toolchain",
    "client",
    "benchmarks",
    "policy",
)

ALLOWED: dict[str, set[str]] = {
    "lakehouse": set(),
    "components": {"lakehouse"},
    "node": {"lakehouse"},
    "toolchain": {"lakehouse"},
    "ops": {"lakehouse", "toolchain"},
    "local": {"lakehouse", "toolchain"},
    "client": set(),
    "policy": set(),
    "benchmarks": {"lakehouse", "ops"},
}
"""Which rooms a room may import, besides itself."""

COMPOSITION_ROOTS: dict[str, set[str]] = {
    "ops/cli.py": {"local", "benchmarks"},
    "benchmarks/autoscale/week.py": {"node"},
    "local/up.py": {"ops"},
}
"""The files that join rooms, and what they may join beyond their room's rule."""

CLOUD_PACKAGES = {"pulumi", "pulumi_aws", "boto3", "botocore"}


def python_files(room: str) -> Iterator[Path]:
    yield from sorted((ROOT / room).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module name that the file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    wrong = []
    for path in python_files(room):
        name = path.relative_to(ROOT).as_posix()
        allowed = ALLOWED[room] | {room} | COMPOSITION_ROOTS.get(name, set())
        for line, module in imports(path):
            top = module.split(".")[0]
            if top in (*ROOMS, "tests") and top not in allowed:
                wrong.append(f"{name}:{line} imports {module}")
    assert not wrong, f"{room}/ may import {sorted(ALLOWED[room]) or 'nothing of ours'}: {wrong}"


def test_the_vocabulary_knows_no_cloud() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in python_files("lakehouse")
        for line, module in imports(path)
        if module.split(".")[0] in CLOUD_PACKAGES
    ]
    assert not wrong, f"lakehouse/ is pure, so that every room can use it offline: {wrong}"


def test_components_never_import_each_other() -> None:
    public = {path.stem for path in (ROOT / "components").glob("[a-z]*.py")}
    wrong = [
        f"{path.name}:{line} imports {module}"
        for path in (ROOT / "components").glob("[a-z]*.py")
        for line, module in imports(path)
        if module.startswith("components.")
        and module.split(".")[1] in public
        and module.split(".")[1] != path.stem
    ]
    assert not wrong, f"only __main__.py joins components: {wrong}"


def test_the_agent_on_a_machine_needs_only_boto3() -> None:
    stdlib = set(__import__("sys").stdlib_module_names)
    # probe.py runs in Spark's own Python, where the client is.
    extra = {"node/probe.py": {"pyspark", "grpc"}}
    wrong = []
    for path in python_files("node"):
        name = path.relative_to(ROOT).as_posix()
        may = stdlib | {"node", "lakehouse", "boto3", "botocore"} | extra.get(name, set())
        wrong += [
            f"{name}:{line} imports {module}"
            for line, module in imports(path)
            if module.split(".")[0] not in may
            or (
                module.startswith("lakehouse.")
                and module not in ("lakehouse.boot", "lakehouse.ports")
            )
        ]
    assert not wrong, f"a machine carries node/, lakehouse.boot and lakehouse.ports only: {wrong}"


def test_the_composition_root_stays_a_picture() -> None:
    lines = (ROOT / "__main__.py").read_text().splitlines()
    assert len(lines) <= 80, f"__main__.py has {len(lines)} lines; it is the map, logic goes below"
