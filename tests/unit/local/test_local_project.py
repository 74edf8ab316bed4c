"""The engine's project directory of a local cloud, and what a killed engine leaves in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lakehouse.errors import PreflightError
from local import recovery
from local.project import SALT, STACK, Project
from local.up import only_run

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(checkout=CHECKOUT, state=tmp_path / "state", host_port=15999)


def written(project: Project) -> dict[str, object]:
    project.write({"A": "b"})
    document = yaml.safe_load((project.directory / f"Pulumi.{STACK}.yaml").read_text())
    assert isinstance(document, dict)
    return document


def test_the_program_is_the_checkouts_own(project: Project) -> None:
    written(project)
    assert (project.directory / "__main__.py").resolve() == CHECKOUT / "__main__.py"
    assert (project.directory / "components").resolve() == CHECKOUT / "components"


def test_clients_are_told_the_hosts_port(project: Project) -> None:
    config = written(project)["config"]
    assert isinstance(config, dict)
    assert config["millrace:endpoint"]["advertised_port"] == 15999


def test_the_salt_of_the_stacks_secrets_survives_the_next_run(project: Project) -> None:
    written(project)
    stack_file = project.directory / f"Pulumi.{STACK}.yaml"
    stack_file.write_text(stack_file.read_text() + f"{SALT}: v1:abc\n")
    assert written(project)[SALT] == "v1:abc", "without it the engine cannot read its own state"


def test_the_checkout_stays_clean(project: Project) -> None:
    before = (CHECKOUT / f"Pulumi.{STACK}.yaml").read_bytes()
    written(project)
    assert (CHECKOUT / f"Pulumi.{STACK}.yaml").read_bytes() == before


@pytest.mark.parametrize("name", ["passphrase", "pulumi-env.json"])
def test_only_its_owner_reads(project: Project, name: str) -> None:
    written(project)
    assert (project.state / name).stat().st_mode & 0o077 == 0


def test_the_passphrase_is_made_once(project: Project) -> None:
    written(project)
    first = project.passphrase_file.read_text()
    written(project)
    assert project.passphrase_file.read_text() == first
    assert len(first) >= 32


def test_a_forgotten_stack_leaves_no_state_and_no_salt(project: Project) -> None:
    written(project)
    project.outputs_file.write_text("{}")
    project.forget_stack()
    assert not project.backend.exists()
    assert not project.outputs_file.exists()
    assert SALT not in written(project)


def checkpoint(project: Project, latest: dict[str, object]) -> None:
    folder = project.backend / ".pulumi" / "stacks" / "millrace"
    folder.mkdir(parents=True)
    (folder / f"{STACK}.json").write_text(json.dumps({"checkpoint": {"latest": latest}}))


def test_a_stack_that_was_never_made_has_nothing_unfinished(project: Project) -> None:
    assert recovery.unfinished_operations(project) == []


def test_operations_of_unknown_outcome_are_named(project: Project) -> None:
    pending = [{"type": "creating", "resource": {"urn": "urn:x"}}]
    checkpoint(project, {"pending_operations": pending})
    assert recovery.unfinished_operations(project) == ["creating urn:x"]


def test_a_finished_run_has_nothing_unfinished(project: Project) -> None:
    checkpoint(project, {"resources": []})
    assert recovery.unfinished_operations(project) == []


def test_locks_of_a_dead_engine_are_released(project: Project) -> None:
    lock = project.backend / ".pulumi/locks/organization/millrace/local/1.json"
    lock.parent.mkdir(parents=True)
    lock.write_text("{}")
    recovery.unlock(project)
    assert not lock.exists()


def test_an_abandoned_engine_is_ended_and_others_live(project: Project) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    ours = {**os.environ, "PULUMI_BACKEND_URL": project.backend_url}
    other = {**os.environ, "PULUMI_BACKEND_URL": project.backend_url + "-of-another-cloud"}
    with (
        subprocess.Popen(sleep, env=ours) as abandoned,
        subprocess.Popen(sleep, env=other) as stranger,
    ):
        deadline = 200
        while abandoned.pid not in recovery.engine_processes(project) and deadline:
            deadline -= 1
        # A zombie of ours has no environment any more, so waiting for it ends at once.
        assert recovery.end_engine(project) == 1
        assert abandoned.wait(10) != 0
        assert stranger.poll() is None, "another cloud's engine is none of our business"
        stranger.kill()


def test_two_runs_on_one_cloud_are_refused(tmp_path: Path) -> None:
    lock = tmp_path / "up.lock"
    refusal = pytest.raises(PreflightError, match="another `up` works")
    with only_run(lock), refusal, only_run(lock):
        pass
