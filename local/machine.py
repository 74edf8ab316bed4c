"""One machine: a systemd-nspawn container booted from an image, with a network of its own.

What a machine is is written down before it is made, and whether it runs is read from its
control group: any process can take over the machines of one that was killed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from lakehouse.errors import LakehouseError
from local import images, mounts, network, wait
from local.cgroups import Cgroups, Limits, send
from local.network import mac_address
from local.paths import CloudPaths, is_instance_id

REBOOT: Final = 133
"""systemd-nspawn's exit status when the machine asked to be started again."""

LAUNCH_DEADLINE_SECONDS: Final = 20.0
"""From the command to its first process, on a very busy host."""

_ENVIRONMENT: Final = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    # /tmp of an EC2 instance is a disk; a tmpfs would count as the machine's memory.
    "SYSTEMD_NSPAWN_TMPFS_TMP": "0",
    "SYSTEMD_NSPAWN_LOCK": "0",
}


@dataclass(frozen=True, kw_only=True)
class MachineSpec:
    """What a machine is made from; all of it comes from the emulated EC2."""

    instance_id: str
    vpc_id: str
    private_ip: str
    image: str
    """Content hash."""
    memory_mib: int
    cpus: float

    @property
    def mac(self) -> str:
        """The address of its network card."""
        return mac_address(self.private_ip)

    @property
    def hostname(self) -> str:
        """EC2's default: ip-10-0-1-4."""
        return f"ip-{self.private_ip.replace('.', '-')}"


@dataclass(frozen=True)
class MachineState:
    """What there is of a machine on this host."""

    spec: MachineSpec | None
    """None when a start was killed before it was written down."""
    started: bool
    """It was booted at least once since it was made."""
    running: bool
    orphaned: bool
    """Its processes run without systemd-nspawn, which somebody killed: nothing can stop it well."""
    exit_status: int | None
    stopping_for: float | None
    """Seconds since it was asked to stop."""


class Machine:
    """Handle on the machine of one instance, whether or not it exists."""

    def __init__(self, paths: CloudPaths, instance_id: str, cgroups: Cgroups | None = None) -> None:
        if not is_instance_id(instance_id):
            msg = f"{instance_id!r} is not an instance id"
            raise LakehouseError(msg)
        self.paths = paths
        self.instance_id = instance_id
        self._cgroups = cgroups or Cgroups()

    @property
    def directory(self) -> Path:
        """Everything of the machine that is a file."""
        return self.paths.machine(self.instance_id)

    @property
    def root(self) -> Path:
        """Where its file system is mounted."""
        return self.directory / "root"

    @property
    def console(self) -> Path:
        """What it printed while booting."""
        return self.directory / "console.log"

    @property
    def group(self) -> str:
        """Its control group."""
        return self.paths.machine_cgroup(self.instance_id)

    def state(self) -> MachineState:
        """Read what there is."""
        booted_for = self._age("started")
        running = self._cgroups.populated(self.group)
        return MachineState(
            spec=self._spec(),
            started=booted_for is not None,
            running=running,
            orphaned=running
            and booted_for is not None
            and booted_for > LAUNCH_DEADLINE_SECONDS / 4
            and not self.supervisors(),
            exit_status=self._exit_status(),
            stopping_for=self._age("stopping"),
        )

    def start(self, spec: MachineSpec, image: images.Image) -> None:
        """Boot it. Every step is skipped when an earlier, killed start has done it."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(self.directory / "machine.json", json.dumps(asdict(spec), sort_keys=True))
        layers = images.mount(self.paths, image)
        self._mount_root(layers)
        # As cloud-init does on EC2; a name that the image holds would win over nspawn's.
        (self.root / "etc/hostname").write_text(f"{spec.hostname}\n")
        network.connect_machine(self.paths, self.instance_id, spec.vpc_id, spec.mac)
        self._cgroups.create(self.group, Limits(memory_mib=spec.memory_mib, cpus=spec.cpus))
        for name in ("exit", "stopping", "started"):
            (self.directory / name).unlink(missing_ok=True)
        self._launch(spec)
        wait.until(
            (self.directory / "started").exists,
            what=f"the start of machine {self.instance_id}",
            deadline=LAUNCH_DEADLINE_SECONDS,
        )

    def request_stop(self) -> None:
        """Ask for a clean shutdown, as EC2 presses the power button. Does not wait."""
        if self.directory.is_dir():
            (self.directory / "stopping").touch()
        supervisors = self.supervisors()
        for pid in supervisors:
            send(pid, signal.SIGTERM)
        if not supervisors:
            self.kill()

    def kill(self) -> None:
        """End every process of it now."""
        self._cgroups.kill(self.group)

    def remove(self) -> None:
        """Remove all that is left of it, keeping what it printed in the cloud's logs."""
        self.kill()
        self.unmount()
        network.delete(self.paths.machine_netns(self.instance_id))
        self._cgroups.remove(self.group)
        if self.console.exists():
            self.paths.logs.mkdir(parents=True, exist_ok=True)
            shutil.move(self.console, self.paths.logs / f"{self.instance_id}.console.log")
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.rmtree(f"/run/systemd/nspawn/propagate/{self.instance_id}", ignore_errors=True)

    def unmount(self) -> None:
        """Release the file system; what the machine wrote stays, as on a stopped instance."""
        mounts.unmount_below(self.directory)

    def memory_bytes(self) -> int:
        """Memory that its control group is charged with."""
        return self._cgroups.memory_bytes(self.group)

    def _mount_root(self, layers: list[Path]) -> None:
        if self.root in mounts.mount_points():
            return
        upper, work = self.directory / "upper", self.directory / "work"
        for each in (upper, work):
            each.mkdir(exist_ok=True)
        upper.chmod(0o755)
        lower = ":".join(str(layer) for layer in reversed(layers))
        mounts.mount(
            self.root,
            source="overlay",
            kind="overlay",
            options=[f"lowerdir={lower}", f"upperdir={upper}", f"workdir={work}"],
        )

    def _launch(self, spec: MachineSpec) -> None:
        # The shell stays as nspawn's parent to note how it ended; `setsid --fork` gives both to
        # init, so that they outlive this process and leave it no zombie.
        script = "\n".join(
            [
                # The lock lives as long as this machine: a second start at the same time ends here.
                "exec 9>>lock && flock --timeout 5 9 || exit 125",
                self._cgroups.join_script(self.group),
                "touch started || exit 125",
                '"$@"',
                "echo $? >exit.new && mv exit.new exit",
            ]
        )
        with self.console.open("ab") as console:
            subprocess.run(
                ["setsid", "--fork", "sh", "-c", script, "machine", *self.command(spec)],
                cwd=self.directory,
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                check=True,
                timeout=30,
            )

    def command(self, spec: MachineSpec) -> list[str]:
        """What boots the machine."""
        return [
            "systemd-nspawn",
            "--quiet",
            "--boot",
            "--register=no",
            "--keep-unit",
            "--settings=no",
            f"--directory={self.root}",
            f"--machine={self.instance_id}",
            f"--hostname={spec.hostname}",
            f"--uuid={uuid.uuid5(uuid.NAMESPACE_OID, self.instance_id)}",
            f"--network-namespace-path={self.paths.machine_netns(self.instance_id)}",
            "--capability=CAP_NET_ADMIN,CAP_NET_RAW",
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            "--console=passive",
            # A machine's disk does not outlive this host's crash, so nothing needs flushing.
            "--suppress-sync=yes",
        ]

    def supervisors(self) -> list[int]:
        """Its systemd-nspawn, while that runs."""
        return [
            pid for pid in self._cgroups.processes(self.group) if _comm(pid) == "systemd-nspawn"
        ]

    def _spec(self) -> MachineSpec | None:
        try:
            return MachineSpec(**json.loads((self.directory / "machine.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def _exit_status(self) -> int | None:
        try:
            return int((self.directory / "exit").read_text())
        except (OSError, ValueError):
            return None

    def _age(self, name: str) -> float | None:
        """Seconds since a mark was set; none if it is not."""
        try:
            return time.time() - (self.directory / name).stat().st_mtime
        except OSError:
            return None


def known_machines(paths: CloudPaths) -> list[str]:
    """Every instance that has anything on this host: files, a namespace or a control group."""
    names = {each.name for each in paths.machines.iterdir()} if paths.machines.is_dir() else set()
    names.update(network.machine_namespaces(paths), Cgroups().children(paths.cgroup))
    return sorted(name for name in names if is_instance_id(name))


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text)
    partial.rename(path)


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
