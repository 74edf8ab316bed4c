"""The order in which a local cloud comes up, and how it goes away: `lakehouse local ...`.

This file joins rooms: tools, image, cloud, program and client. Each step may be repeated, so a
run that was killed at any moment is continued by the next.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from lakehouse import ports
from lakehouse.errors import DeadlineError, PreflightError, ToolError
from lakehouse.outputs import StackOutputs
from lakehouse.versions import DEFAULT_SET
from local.cloud import Cloud
from local.paths import DEFAULT_NAME, CloudPaths
from local.project import STACK, Project
from local.recovery import end_engine, unfinished_operations, unlock
from local.seed import Account
from ops.connect import config_directory, folder_name, forget_connection, write_connection
from ops.context import open_account, open_context
from ops.image import proofs
from ops.image.bake import LocalImage, ensure_local_image
from ops.netns import inside
from ops.program import Program
from ops.redact import Redactor
from ops.replacing import await_replaced
from toolchain.awsprovider import aws_plugin
from toolchain.ensure import PulumiKit, ensure_pulumi
from toolchain.packages import ensure_packages
from toolchain.progress import Progress, quiet

CHECKOUT: Final = Path(__file__).parents[1]
PORT_VARIABLE: Final = "MILLRACE_PORT"
CORES_VARIABLE: Final = "MILLRACE_MACHINE_CORES"
"""Processor of this host for each machine, such as 0.35: then a machine that boots takes nothing
from those that work, as on AWS. Unset, they share all there is."""
LEAST_CORES: Final = 0.1
"""A leader with less does not come up within its deadlines."""

FIRST_QUERY_DEADLINE: Final = 600.0
"""Seconds for the client's first answer; the leader has answered its own probe before that."""
REPLACED_DEADLINE: Final = 900.0
"""Seconds for machines to be replaced, one after the other, by those of a new image."""

Log = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class LocalLakehouse:
    """One local cloud and the stack in it."""

    cloud: Cloud
    project: Project
    log: Log
    version_set: str = DEFAULT_SET
    """What its machines run; kept with the cloud, so that the next `up` need not name it."""
    asked: bool = False
    """Whether the operator named the version set just now: then the channel follows it."""

    def up(self) -> StackOutputs:
        """Bring everything up and answer a query.

        Raises:
            LakehouseError: a step failed; what is there stays for the next run, or for `down`.
        """
        self.cloud.preflight(installable=True)
        # Nothing can replace a missing provider: say so before minutes of building.
        aws_plugin(quiet)
        self.project.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with only_run(self.project.state / "up.lock"):
            _set_file(self.project.state).write_text(self.version_set)
            return self._up()

    def _up(self) -> StackOutputs:
        ensure_packages(self.log)
        kit, image = self._tools_and_image()
        self._recover()
        started = self.cloud.start(self.log)
        region = self._region()
        environment = self.project.environment(
            namespace=self.cloud.paths.name, region=region, endpoint_url=self.cloud.paths.api_url
        )
        self._forget_a_stack_of_another_account(started.boot_id)
        self.project.write(environment)
        with inside(self.cloud.paths.name):
            self._seed(region, image)
            outputs = self._deploy(kit, environment)
        self._first_query(outputs)
        return outputs

    def _tools_and_image(self) -> tuple[PulumiKit, LocalImage]:
        """Both are long on a first run and need different things, so they run side by side."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            kit = pool.submit(ensure_pulumi, self.log)
            image = pool.submit(ensure_local_image, self.log, self.version_set)
            return kit.result(), image.result()

    def _recover(self) -> None:
        """Clear up after a run that was killed in the middle of the engine's work."""
        if ended := end_engine(self.project):
            self.log(f"ended {ended} processes of a run that was cut off")
        unlock(self.project)
        unfinished = unfinished_operations(self.project)
        if unfinished and not self.project.outputs_file.exists():
            # Whether these exist in the account nobody knows, and nobody has used it yet.
            self.log(f"{len(unfinished)} changes were cut off in a first run: building anew")
            self.cloud.stop(self.log)
            self.project.forget_stack()

    def _region(self) -> str:
        document = yaml.safe_load((CHECKOUT / f"Pulumi.{STACK}.yaml").read_text())
        return str(document["config"]["aws:region"])

    @property
    def _account_file(self) -> Path:
        return self.project.state / "account-of-stack"

    def _forget_a_stack_of_another_account(self, account: str) -> None:
        known = self._account_file.read_text() if self._account_file.exists() else ""
        if known == account:
            return
        if known:
            self.log("the emulated account is a new one: its predecessor ended, and its stack")
            self.project.forget_stack()
        self._account_file.write_text(account)

    def _seed(self, region: str, image: LocalImage) -> None:
        account = Account(self.cloud.paths.api_url, region)
        account.import_key(_ssh_key(self.project.state))
        image_id = account.register_image(
            content_hash=image.content_hash,
            version_set=image.version_set,
            architecture=proofs.ARCHITECTURES[image.architecture],
        )
        account.record(proofs.of_local_image(image, image_id))
        account.point_channel(image_id, version_set=image.version_set if self.asked else "")
        self.log(f"image {image_id} ({image.version_set}) is in the account")

    def _deploy(self, kit: PulumiKit, environment: dict[str, str]) -> StackOutputs:
        program = Program(
            stack=STACK,
            directory=self.project.directory,
            pulumi=kit.pulumi,
            environment={**kit.pulumi_home_env, **environment},
        )
        program.select()
        if unfinished_operations(self.project):
            self.log("changes were cut off in an earlier run: reading what became of them")
            program.refresh(self.log)
        self.log("pulumi up: the same program as on AWS")
        program.up(self.log)
        outputs = program.outputs()
        groups = [g for each in outputs.generations for g in (each.leader_group, each.worker_group)]
        context = open_account(STACK, cloud=self.cloud.paths.name, redactor=Redactor())
        await_replaced(context.account, groups, deadline=REPLACED_DEADLINE, log=self.log)
        self.project.outputs_file.write_text(json.dumps(outputs.to_exports(), indent=2))
        return outputs

    def _first_query(self, outputs: StackOutputs) -> None:
        """Ask as a user would: only with what `lakehouse connect` gives, from the host."""
        context = open_context(STACK, cloud=self.cloud.paths.name, redactor=Redactor())
        connection = write_connection(context, "", config_directory())
        namespace = outputs.catalogs[0].namespaces[0]
        try:
            result = subprocess.run(
                [sys.executable, "-m", "local.first_query", connection.catalog, namespace],
                input=connection.to_json(),
                cwd=CHECKOUT,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
                capture_output=True,
                text=True,
                timeout=FIRST_QUERY_DEADLINE,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            msg = (
                f"the first query was not answered within {FIRST_QUERY_DEADLINE:.0f} s; "
                "`lakehouse status` tells more"
            )
            raise DeadlineError(msg) from error
        if result.returncode:
            said = "\n".join(result.stderr.splitlines()[-12:])
            msg = f"the first query failed (`lakehouse status` tells more):\n{said}"
            raise ToolError(msg)
        self.log(f"first query answered: {result.stdout.strip()}")


@contextmanager
def only_run(path: Path) -> Iterator[None]:
    """Hold the lock of a cloud's `up`; it falls with the process, however that ends.

    Raises:
        PreflightError: another run holds it.
    """
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"another `up` works on this cloud ({path} is locked): wait for it or end it"
            raise PreflightError(msg) from error
        yield


def _ssh_key(state: Path) -> Path:
    """The operator's key pair of this cloud; made once. Returns the public half."""
    private = state / "ssh" / "id_ed25519"
    if not private.exists():
        private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "millrace", "-f", str(private)],
            check=True,
        )
    return private.with_suffix(".pub")


def open_local(name: str, log: Log, version_set: str = "") -> LocalLakehouse:
    """The local cloud of that name; the environment places its port.

    Without a `version_set` it is the one that the cloud came up with before.
    """
    paths = CloudPaths(name or os.environ.get("MILLRACE_CLOUD") or DEFAULT_NAME)
    port = int(os.environ.get(PORT_VARIABLE) or ports.ENDPOINT)
    kept = _set_file(paths.state)
    return LocalLakehouse(
        cloud=Cloud(paths.name, port, machine_cores=_machine_cores()),
        project=Project(checkout=CHECKOUT, state=paths.state, host_port=port),
        log=log,
        version_set=version_set or (kept.read_text() if kept.exists() else DEFAULT_SET),
        asked=bool(version_set),
    )


def _machine_cores() -> float:
    """From the environment; 0 where nothing is said.

    Raises:
        PreflightError: it is no number, or not a share of this host.
    """
    given = os.environ.get(CORES_VARIABLE, "")
    most = os.cpu_count() or 1
    try:
        found = float(given or 0)
    except ValueError:
        found = -1.0
    if given and not LEAST_CORES <= found <= most:
        msg = (
            f"{CORES_VARIABLE}={given}: give the cores of this host that each machine may use, "
            f"{LEAST_CORES:g} to {most}, or unset it"
        )
        raise PreflightError(msg)
    return found


def _set_file(state: Path) -> Path:
    return state / "version-set"


def up(arguments: argparse.Namespace) -> int:
    """`lakehouse local up`."""
    log = Progress()
    outputs = open_local(arguments.cloud, log, arguments.version_set).up()
    endpoint = outputs.endpoint
    log(
        f"up: sc://{endpoint.host}:{endpoint.port}\n"
        "next: `.venv/bin/lakehouse connect` for a snippet, `make status`, `make demo`, "
        "`make smoke`; `make down` removes everything"
    )
    return 0


def down(arguments: argparse.Namespace) -> int:
    """`lakehouse local down`."""
    log = Progress()
    lakehouse = open_local(arguments.cloud, log)
    end_engine(lakehouse.project)
    lakehouse.cloud.stop(log)
    lakehouse.project.forget_stack()
    _set_file(lakehouse.project.state).unlink(missing_ok=True)
    forget_connection(config_directory() / folder_name(STACK, lakehouse.cloud.paths.name))
    log("down: nothing of the local cloud runs; caches stay. next: `make up`")
    return 0


def status(arguments: argparse.Namespace) -> int:
    """`lakehouse local status`."""
    sys.stdout.write(f"{open_local(arguments.cloud, Progress()).cloud.status()}\n")
    return 0
