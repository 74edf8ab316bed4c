"""The booted tier: a local cloud of its own, beside whatever `make up` runs on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from lakehouse.outputs import StackOutputs
from local.paths import CloudPaths
from local.snapshot import Snapshot
from tests.loopback import free_port

ROOT = Path(__file__).parents[2]
CLOUD = "mr-test"
UP_SECONDS = 900


@dataclass(frozen=True)
class Cli:
    """The real command line, told to work on a cloud of the suite's own."""

    environment: dict[str, str]
    cloud: str = CLOUD
    checkout: Path = ROOT

    def run(
        self, *arguments: str, check: bool = True, deadline: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Run `lakehouse ...`; a failure shows all that was printed."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.checkout,
            env={**self.environment, "PYTHONPATH": str(self.checkout)},
            capture_output=True,
            text=True,
            timeout=deadline,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"lakehouse {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}")
        return done

    def command(self, *arguments: str) -> Sequence[str]:
        """The words of a command, for tests that start it themselves."""
        return [sys.executable, "-m", "ops.cli", "--cloud", self.cloud, *arguments]


@dataclass(frozen=True)
class Lakehouse:
    """A running local cloud and what is known of it."""

    cli: Cli
    paths: CloudPaths
    connection: dict[str, str]
    outputs: StackOutputs


@pytest.fixture(scope="session")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MILLRACE_PORT": str(free_port()),
        "XDG_CONFIG_HOME": str(tmp_path_factory.mktemp("config")),
    }
    return Cli(environment)


@pytest.fixture(scope="session")
def lakehouse(cli: Cli) -> Iterator[Lakehouse]:
    """`lakehouse local up`, once; removed at the end, and nothing may stay."""
    cli.run("local", "down")
    before = Snapshot.take()
    cli.run("local", "up", deadline=UP_SECONDS)
    paths = CloudPaths(CLOUD)
    try:
        yield Lakehouse(
            cli=cli,
            paths=paths,
            connection=json.loads(cli.run("connect", "--json").stdout),
            outputs=StackOutputs.from_json((paths.state / "outputs.json").read_text()),
        )
    finally:
        cli.run("local", "down")
    # Others may come and go on this machine, a developer's own cloud for one.
    left = Snapshot.take().since(before, about=[CLOUD])
    assert not left, f"`down` must leave the machine as it was; these stayed: {left}"
