"""The roles say what they take, and take what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

_REPOSITORY = Path(__file__).parents[3]
_ROLES = sorted(
    path for path in (_REPOSITORY / "ansible" / "roles").iterdir() if (path / "tasks").is_dir()
)


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _specified(role: Path) -> dict[str, dict[str, Any]]:
    return _load(role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]


@pytest.mark.parametrize("role", _ROLES, ids=lambda role: role.name)
def test_the_argument_specification_names_every_default(role: Path) -> None:
    assert sorted(_specified(role)) == sorted(_load(role / "defaults" / "main.yml"))


_TYPES = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}


@pytest.mark.parametrize("role", _ROLES, ids=lambda role: role.name)
def test_a_default_is_of_the_type_that_is_specified(role: Path) -> None:
    specified = _specified(role)
    wrong = {}
    for name, value in _load(role / "defaults" / "main.yml").items():
        if "undef(" in str(value):
            continue
        wanted, elements = specified[name]["type"], specified[name].get("elements")
        items = value if wanted == "list" else []
        if type(value) is not _TYPES[wanted] or any(type(i) is not _TYPES[elements] for i in items):
            wrong[name] = f"{value!r} is no {wanted} of {elements}"
    assert wrong == {}


@pytest.mark.parametrize("role", _ROLES, ids=lambda role: role.name)
def test_every_variable_is_described(role: Path) -> None:
    assert [name for name, spec in _specified(role).items() if not spec["description"]] == []


@pytest.mark.parametrize("role", _ROLES, ids=lambda role: role.name)
def test_every_variable_carries_its_roles_name(role: Path) -> None:
    foreign = [n for n in _load(role / "defaults" / "main.yml") if not n.startswith(role.name)]
    assert foreign == []


@pytest.mark.parametrize("role", _ROLES, ids=lambda role: role.name)
def test_a_variable_without_a_default_is_required(role: Path) -> None:
    defaults = _load(role / "defaults" / "main.yml")
    without = {name for name, value in defaults.items() if "undef(" in str(value)}
    required = {name for name, spec in _specified(role).items() if spec["required"]}
    assert required == without


@pytest.mark.parametrize("role", _ROLES, ids=lambda role: role.name)
def test_a_role_checks_before_it_touches_anything(role: Path) -> None:
    first = _load(role / "tasks" / "main.yml")[0]
    assert first["ansible.builtin.import_tasks"] == "preflight.yml"


@pytest.mark.parametrize("role", _ROLES, ids=lambda role: role.name)
def test_every_phase_can_be_chosen_by_tag(role: Path) -> None:
    for task in _load(role / "tasks" / "main.yml"):
        phase = task["ansible.builtin.import_tasks"].removesuffix(".yml")
        assert task["tags"] == [f"{role.name}_{phase}"]


@pytest.mark.parametrize(
    "path", sorted((_REPOSITORY / "ansible").rglob("*.yml")), ids=lambda path: path.name
)
def test_no_playbook_asks_for_the_latest(path: Path) -> None:
    assert "latest" not in path.read_text(encoding="utf-8")


def test_the_agent_gets_the_vocabulary_it_may_import_and_no_more() -> None:
    defaults = _load(_REPOSITORY / "ansible/roles/node/defaults/main.yml")
    assert defaults["node_vocabulary"] == ["__init__.py", "boot.py", "ports.py"]
