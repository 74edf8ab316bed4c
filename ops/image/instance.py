"""Proving an AMI: a fresh EC2 instance of it, the suite over SSH, and the end of the instance.

The machine has no public address and no rights. It is reached at its private address by who has
a way there, or through an EC2 Instance Connect Endpoint, which needs nothing on the machine. Its
host key is known from its console before anything is sent to it.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from lakehouse.errors import PreflightError, ToolError
from lakehouse.proof import ImageFacts, Proof
from ops.aws import Account
from ops.hostkeys import HostKeys
from ops.image import suite
from ops.image.prove import run_suite
from ops.machines import Machine
from ops.temporary import TAG, UNTIL, Temporary
from ops.wait import Clock, Pending, SystemClock, until
from toolchain.progress import Log

LIFE: Final = timedelta(minutes=45)
"""How long a machine may take; afterwards it ends itself, and `image prune` removes the rest."""

INSTANCE_TYPES: Final = {"arm64": "m7g.large", "x86_64": "m7i.large"}

_RUNNING_SECONDS: Final = 300.0
_HOST_KEY_SECONDS: Final = 600.0
"""EC2 may take minutes to show a console."""
_SSH_SECONDS: Final = 180.0
_GONE_SECONDS: Final = 300.0
_VERSION_FILE: Final = "/etc/millrace/version.json"
_TUNNEL: Final = "aws ec2-instance-connect open-tunnel --instance-id {} --region {}"


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where machines are tested and how they are reached."""

    account: Account
    region: str
    subnet_id: str
    instance_type: str = ""
    """Empty: a small one of the image's architecture."""
    tunnel: bool = True
    """Through an EC2 Instance Connect Endpoint of the VPC, instead of straight to the address."""
    disks: Path | None = None
    """The local cloud's directory of machines, where host keys can be read."""
    clock: Clock = field(default_factory=SystemClock)


@dataclass(frozen=True, kw_only=True)
class Login:
    """How to reach a machine that answers."""

    address: str
    ssh_config: Path


def prove_ami(image: ImageFacts, bench: Bench, log: Log, *, sbom_hash: str = "") -> Proof:
    """Test a machine of that image. Returns the record, passed or failed, and what failed.

    Raises:
        LakehouseError: nothing can be said of the image: no machine could be had or reached.
    """
    suite_hash = suite.hash_of(suite.booted_tests())
    with launched(image, bench, log) as login:
        document = json.loads(_ssh(login, ["cat", _VERSION_FILE]))
        found = document.get("content_hash", "")
        if found != image.content_hash:
            msg = (
                f"image {image.id} is tagged as content {image.content_hash[:12]}, and its "
                f"machine says {found[:12] or 'nothing'}: it is not what it is called; bake it anew"
            )
            raise ToolError(msg)
        try:
            run_suite(login.ssh_config, login.address, document["version_set"], log)
            passed = True
        except ToolError as error:
            log(str(error))
            passed = False
    return Proof(
        image_id=image.id,
        content_hash=image.content_hash,
        version_set=document["version_set"],
        architecture=image.architecture,
        place="boot",
        suite_hash=suite_hash,
        sbom_hash=sbom_hash,
        result="passed" if passed else "failed",
        time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        components=document["components"],
    )


@contextmanager
def launched(image: ImageFacts, bench: Bench, log: Log) -> Iterator[Login]:
    """A machine of the image that answers; within and without an error, nothing of it is left."""
    ec2 = Temporary(bench.account.client("ec2"))
    name = f"millrace-prove-{uuid.uuid4().hex[:12]}"
    ends = (datetime.now(UTC) + LIFE).isoformat(timespec="seconds")
    tags = {"Name": name, TAG: f"prove {image.id}", UNTIL: ends}
    instance_type = bench.instance_type or INSTANCE_TYPES[image.architecture]
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="prove-")))
        key = _make_key(scratch)
        stack.callback(ec2.delete_key, name)
        ec2.import_key(name, key.with_suffix(".pub").read_bytes(), tags)
        group = ec2.make_group(name, bench.subnet_id, tags)
        stack.callback(ec2.delete_group, group)
        machine_id = ec2.launch(
            image.id,
            instance_type=instance_type,
            subnet_id=bench.subnet_id,
            group_id=group,
            key_name=name,
            user_data=_user_data(),
            tags=tags,
        )
        stack.callback(_end, ec2, bench, machine_id, log)
        log(f"{machine_id} ({instance_type}) of {image.id} starts in {bench.subnet_id}")
        machine = _await_running(bench, machine_id)
        keys = _await_host_keys(bench, machine)
        login = _write_login(scratch, bench, machine, key, keys)
        _await_ssh(bench, login)
        log(f"{machine_id} answers at {machine.address}; testing")
        yield login


def _user_data() -> str:
    """No boot document: a machine without a role, that ends itself should we not."""
    delay = int(LIFE.total_seconds() // 60)
    return f"#cloud-config\npower_state: {{delay: '+{delay}', mode: poweroff}}\n"


def _make_key(scratch: Path) -> Path:
    key = scratch / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "prove", "-f", str(key)]
    subprocess.run(command, check=True)
    return key


def _await_running(bench: Bench, machine_id: str) -> Machine:
    def probe() -> Machine | Pending:
        found = bench.account.ec2.instances([machine_id]).get(machine_id)
        if found is None:
            return Pending("EC2 does not know it yet")
        if found.state in {"shutting-down", "terminated"}:
            msg = f"{machine_id} is {found.state}: EC2 could not start it, or somebody ended it"
            raise PreflightError(msg)
        if found.state != "running" or not found.address:
            return Pending(found.state)
        return Machine(
            instance_id=machine_id,
            role="worker",
            generation="",
            lifecycle="",
            state=found.state,
            type=found.type,
            market="on demand",
            address=found.address,
            zone=found.zone,
        )

    return _wait(bench, probe, _RUNNING_SECONDS, f"{machine_id} to run")


def _await_host_keys(bench: Bench, machine: Machine) -> tuple[str, ...]:
    keys = HostKeys(disks=bench.disks, console=bench.account.ec2)

    def probe() -> tuple[str, ...] | Pending:
        try:
            return keys.of(machine)
        except PreflightError as error:
            return Pending(str(error))

    return _wait(bench, probe, _HOST_KEY_SECONDS, f"the host key of {machine.instance_id}")


def _write_login(
    scratch: Path, bench: Bench, machine: Machine, key: Path, keys: tuple[str, ...]
) -> Login:
    known_hosts = scratch / "known_hosts"
    known_hosts.write_text("".join(f"{machine.address} {each}\n" for each in keys))
    lines = [
        f"Host {machine.address}",
        "  User root",
        f"  IdentityFile {key}",
        "  IdentitiesOnly yes",
        f"  UserKnownHostsFile {known_hosts}",
        "  StrictHostKeyChecking yes",
        "  ControlMaster auto",
        f"  ControlPath {scratch}/%C",
        "  ControlPersist 30",
        "  LogLevel ERROR",
    ]
    if bench.tunnel:
        lines.append(f"  ProxyCommand {_TUNNEL.format(machine.instance_id, bench.region)}")
    ssh_config = scratch / "ssh_config"
    ssh_config.write_text("".join(f"{line}\n" for line in lines))
    return Login(address=machine.address, ssh_config=ssh_config)


def _await_ssh(bench: Bench, login: Login) -> None:
    def probe() -> bool | Pending:
        try:
            _ssh(login, ["true"])
        except ToolError as error:
            return Pending(str(error))
        return True

    _wait(bench, probe, _SSH_SECONDS, f"SSH at {login.address}")


def _ssh(login: Login, words: list[str]) -> str:
    command = ["ssh", "-F", str(login.ssh_config), "-o", "ConnectTimeout=10", "-o", "BatchMode=yes"]
    done = subprocess.run(
        [*command, login.address, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        msg = f"{login.address}: {done.stderr.strip() or f'ssh ended with {done.returncode}'}"
        raise ToolError(msg)
    return done.stdout


def _end(ec2: Temporary, bench: Bench, machine_id: str, log: Log) -> None:
    """Terminate, and wait for it: the security group cannot go before."""
    ec2.terminate(machine_id)

    def probe() -> bool | Pending:
        found = bench.account.ec2.instances([machine_id]).get(machine_id)
        return True if found is None or found.state == "terminated" else Pending(found.state)

    _wait(bench, probe, _GONE_SECONDS, f"{machine_id} to end")
    log(f"{machine_id} is terminated")


def _wait(bench: Bench, probe: Callable[[], T | Pending], deadline: float, what: str) -> T:
    return until(probe, deadline=deadline, describe=what, interval=1.0, clock=bench.clock)
