"""One local cloud: started, looked at, repaired and removed as a whole."""

from __future__ import annotations

import fcntl
import http.client
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import local
from lakehouse.errors import DeadlineError, LakehouseError
from local import mounts, network, preflight, wait
from local.cgroups import ROOT, Cgroups
from local.daemon import Daemon, clean_environment
from local.machine import Machine, known_machines
from local.network import in_namespace
from local.paths import API_ADDRESS, API_PORT, DEFAULT_NAME, CloudPaths
from local.status import CloudStatus, read_report, read_status
from toolchain.cache import cache_dir
from toolchain.progress import Log

DEFAULT_PORT: Final = 15002
DEFAULT_REGION: Final = "eu-central-1"
ACCOUNT_SECONDS: Final = 60.0
RECONCILER_SECONDS: Final = 30.0
ADOPTION_SECONDS: Final = 10.0
"""A daemon that runs but shows no life for this long is replaced."""

SHUTDOWN_SECONDS: Final = 20.0
LOCK_SECONDS: Final = 120.0

_CHECKOUT: Final = Path(local.__file__).resolve().parent.parent


@dataclass(frozen=True)
class Started:
    """What a start found or made."""

    boot_id: str
    """Identity of the running account; another one means that all it held is gone."""
    fresh: bool
    """The account was started by this call, and is empty."""


class Cloud:
    """The local cloud called `name`; its endpoint is 127.0.0.1:`host_port`."""

    def __init__(
        self,
        name: str = DEFAULT_NAME,
        host_port: int = DEFAULT_PORT,
        region: str = DEFAULT_REGION,
        cache: Path | None = None,
        *,
        machine_cores: float = 0.0,
    ) -> None:
        """`cache` is where images are found, if not where they are baked. `machine_cores`: what
        each machine may use of this host; 0 lets them share it as far as their types go.
        """
        self.paths = CloudPaths(name)
        self.host_port = host_port
        self.region = region
        self.machine_cores = machine_cores
        self._cache = cache or cache_dir()
        self._account = Daemon(self.paths, "account")
        self._reconciler = Daemon(self.paths, "reconciler")
        self._cgroups = Cgroups()

    @property
    def endpoint_url(self) -> str:
        """The emulated account, reachable from inside the cloud's namespace."""
        return self.paths.api_url

    def preflight(self, *, installable: bool = False) -> None:
        """Check everything that a start needs, without touching anything.

        `installable`: the caller installs missing programs before it starts.

        Raises:
            PreflightError: names every obstacle with its remedy.
        """
        host = preflight.Host.inspect(self.paths.state, self.host_port, cgroup_root=ROOT)
        running = self._cgroups.populated(f"{self.paths.cgroup}/daemons")
        found = preflight.findings(
            host,
            port=self.host_port,
            state=self.paths.state,
            running=running,
            installable=installable,
        )
        preflight.refuse(found)

    def start(self, log: Log) -> Started:
        """Bring up what is not up: namespace, account, reconciler. May be repeated.

        Raises:
            PreflightError: this host cannot; nothing was touched.
            DeadlineError: a daemon did not come up; the message ends with its log.
        """
        self.preflight()
        with self._locked(log):
            if not network.exists(self.paths.netns):
                # Processes of an earlier cloud would be in a network that nobody can enter.
                self._remove(log)
                shutil.rmtree(self.paths.logs, ignore_errors=True)
            for directory in (self.paths.run, self.paths.logs, self.paths.machines):
                directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._make_networks()
            since = time.time()
            fresh = self._ensure_account()
            self._ensure_reconciler(since)
            if fresh:
                self._await_account(log)
            self._await_reconciler(since, log)
            return Started(boot_id=self._health()["boot_id"], fresh=fresh)

    def stop(self, log: Log) -> None:
        """Remove everything of this cloud, in whatever condition it is. May be repeated.

        Raises:
            DeadlineError: something could not be removed; the message says what.
        """
        with self._locked(log):
            self._remove(log)

    def status(self) -> CloudStatus:
        """What there is now; never changes anything."""
        return read_status(self.paths)

    def _ensure_account(self) -> bool:
        """Whether the account had to be started; it may not answer yet."""
        if self._account.alive() and _soon(self._account_answers, ADOPTION_SECONDS):
            return False
        # Not there, on its way out, or hanging.
        self._account.stop()
        command = ["-m", "local.account", "--host", API_ADDRESS, "--port", str(API_PORT)]
        self._start_python(self._account, command)
        return True

    def _await_account(self, log: Log) -> None:
        wait.until(
            self._account_answers,
            what="the emulated account",
            deadline=ACCOUNT_SECONDS,
            describe=self._account.last_words,
        )
        log(f"account: answers at {self.endpoint_url} (inside namespace {self.paths.name})")

    def _ensure_reconciler(self, since: float) -> None:
        """It starts while the account does: both spend seconds on loading the SDK."""
        settings = {
            "region": self.region,
            "host_port": self.host_port,
            "machine_cores": self.machine_cores,
        }
        settings_file = self.paths.run / "reconciler.json"
        if (
            self._reconciler.alive()
            and _holds(settings_file, settings)
            and _soon(lambda: self._reported(since), ADOPTION_SECONDS)
        ):
            return
        self._reconciler.stop()
        options = ["--name", self.paths.name, "--region", self.region]
        options += ["--host-port", str(self.host_port), "--machine-cores", str(self.machine_cores)]
        self._start_python(self._reconciler, ["-m", "local.reconciler", *options])
        settings_file.write_text(json.dumps(settings))

    def _await_reconciler(self, since: float, log: Log) -> None:
        wait.until(
            lambda: self._reconciled(since),
            what="the reconciler's first round",
            deadline=RECONCILER_SECONDS,
            describe=self._reconciler.last_words,
        )
        log("reconciler: machines, names and balancer follow the account")

    def _start_python(self, daemon: Daemon, arguments: list[str]) -> None:
        environment = clean_environment(
            {
                "PYTHONPATH": str(_CHECKOUT),
                "PYTHONDONTWRITEBYTECODE": "1",
                "MILLRACE_CACHE": str(self._cache),
                "MILLRACE_STATE": str(self.paths.state.parent),
                "AWS_EC2_METADATA_DISABLED": "true",
            }
        )
        daemon.start([*in_namespace(self.paths.netns), sys.executable, *arguments], environment)

    def _reported(self, since: float) -> bool:
        report = read_report(self.paths)
        return bool(report) and report["time"] >= since

    def _reconciled(self, since: float) -> bool:
        if not self._reconciler.alive():
            msg = f"the reconciler ended at its start:\n{self._reconciler.last_words()}"
            raise LakehouseError(msg)
        return self._reported(since) and read_report(self.paths)["account"] is True

    def _account_answers(self) -> bool:
        if not self._account.alive():
            msg = f"the emulated account ended at its start:\n{self._account.last_words()}"
            raise LakehouseError(msg)
        try:
            return bool(self._health().get("ok"))
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def _health(self) -> dict[str, Any]:
        def ask() -> dict[str, Any]:
            connection = http.client.HTTPConnection(API_ADDRESS, API_PORT, timeout=5)
            try:
                connection.request("GET", "/_local/health")
                answer: dict[str, Any] = json.loads(connection.getresponse().read())
            finally:
                connection.close()
            return answer

        return network.call(self.paths.name, ask)

    def _make_networks(self) -> None:
        """The cloud's namespace, and a handle on the host's, where the endpoint listens."""
        if not network.directory_is_shared():
            (self.paths.run / "shared-netns").touch()
            network.share_directory()
        network.create_cloud(self.paths)
        handle = self.paths.run / "host.netns"
        if handle not in mounts.mount_points():
            handle.touch()
            mounts.bind(Path("/proc/self/ns/net"), handle)

    def _remove(self, log: Log) -> None:
        # The reconciler first: it would start again what is stopped here.
        self._reconciler.stop()
        machines = [Machine(self.paths, each) for each in known_machines(self.paths)]
        self._shut_down(machines, log)
        for machine in machines:
            machine.remove()
        self._cgroups.kill(self.paths.cgroup)
        mounts.unmount_below(self.paths.machines)
        mounts.unmount_below(self.paths.run)
        network.delete(self.paths.netns)
        if (self.paths.run / "shared-netns").exists():
            network.unshare_directory()
        self._cgroups.remove(self.paths.cgroup)
        for directory in (self.paths.run, self.paths.machines):
            shutil.rmtree(directory, ignore_errors=True)

    def _shut_down(self, machines: list[Machine], log: Log) -> None:
        running = [each for each in machines if each.state().running]
        if not running:
            return
        log(f"machines: shutting down {len(running)}")
        for machine in running:
            machine.request_stop()
        try:
            wait.until(
                lambda: not any(each.state().running for each in running),
                what="machines to shut down",
                deadline=SHUTDOWN_SECONDS,
            )
        except DeadlineError:
            log(f"machines: not down after {SHUTDOWN_SECONDS:.0f} s, ending their processes")

    @contextmanager
    def _locked(self, log: Log) -> Iterator[None]:
        path = self.paths.lock
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as handle:
            _take(handle.fileno(), self.paths.name, log)
            yield


def _take(descriptor: int, name: str, log: Log) -> None:
    waiting = False
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                msg = f"another start or stop of local cloud {name!r} runs for {LOCK_SECONDS:.0f} s"
                raise DeadlineError(msg) from None
            if not waiting:
                log(f"waiting for another start or stop of local cloud {name!r}")
                waiting = True
            time.sleep(0.2)
        else:
            return


def _soon(probe: Callable[[], bool], seconds: float) -> bool:
    """Whether a daemon that seems to run shows within `seconds` that it does."""
    try:
        wait.until(probe, what="a sign of life", deadline=seconds)
    except LakehouseError:
        return False
    return True


def _holds(path: Path, settings: dict[str, Any]) -> bool:
    try:
        return bool(json.loads(path.read_text()) == settings)
    except (OSError, ValueError):
        return False
