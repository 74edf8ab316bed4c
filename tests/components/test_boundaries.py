"""One setting bounds every role that a stack makes, whichever component makes it."""

from __future__ import annotations

import ast
import copy
import json
import runpy
from typing import Any

import pytest

from components._dynamic_federation import FederationProvider
from tests.components.programs import BOUNDARY, ROOT, stack_settings
from tests.components.recorder import Recorded, build

STACKS = sorted(path.stem.removeprefix("Pulumi.") for path in ROOT.glob("Pulumi.*.yaml"))


def bounded(stack: str, boundary: str | None) -> Recorded:
    """A stack file of the repository with that boundary."""
    settings: dict[str, Any] = copy.deepcopy(stack_settings(stack))
    section = settings.get("millrace:access", {})
    section = json.loads(section) if isinstance(section, str) else section
    settings["millrace:access"] = {**section, "permissions_boundary": boundary}
    program = str(ROOT / "__main__.py")
    return build(lambda: runpy.run_path(program), stack=stack, config=settings)


@pytest.mark.parametrize("stack", STACKS)
def test_no_role_is_without_the_boundary(stack: str) -> None:
    recorded = bounded(stack, BOUNDARY)
    roles = {each.name: each.inputs.get("permissionsBoundary") for each in recorded.of("Role")}
    assert roles
    assert {name for name, boundary in roles.items() if boundary != BOUNDARY} == set()
    for each in recorded.of("Federation"):
        assert each.inputs["boundary"] == BOUNDARY, "Lake Formation's own role is made by it"


def test_without_the_setting_there_is_no_boundary() -> None:
    recorded = bounded("prod", None)
    assert not [each for each in recorded.of("Role") if each.inputs.get("permissionsBoundary")]


def test_a_boundary_is_changed_in_place() -> None:
    before = {"account_id": "1", "region": "r", "stack": "s", "mode": "create"}
    found = FederationProvider().diff("id", before, {**before, "boundary": BOUNDARY})
    assert (found.changes, found.replaces) == (True, [])


def test_whoever_makes_a_role_says_what_bounds_it() -> None:
    """A role that no stack file here asks for would escape the tests above."""
    unbounded = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "components").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "aws.iam.Role"
        and "permissions_boundary" not in {each.arg for each in node.keywords}
    ]
    assert unbounded == [], "take access.permissions_boundary as an input"
