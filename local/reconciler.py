"""The daemon that makes this host look like the account: machines, names, balancer, metadata.

Every round reads the account and this host, and does the next step towards equality. Nothing
is remembered between rounds that is not on disk or visible on the host, so a round after a
kill continues where the last one ended, and adopts what runs.
"""

from __future__ import annotations

import argparse
import ipaddress
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lakehouse.errors import LakehouseError
from lakehouse.images import TAG_CONTENT_HASH
from local import images, network
from local.account_client import AccountClient
from local.balancer import Balancer
from local.daemon import Daemon, daemons
from local.machine import Machine, MachineSpec, known_machines
from local.metadata_server import MetadataServer
from local.metadata_source import MetadataSource
from local.names import Resolver, records, reservations
from local.observe import Observer
from local.paths import CloudPaths, bridge_name
from local.plan import Action, plan
from local.status import write_report
from local.world import Instance, Vpc, World

ROUND_SECONDS: Final = 0.5
_REPEAT_SECONDS: Final = 60.0
_PUBLISH_SECONDS: Final = 5.0
_SWEEP_SECONDS: Final = 10.0
EXPECTED: Final = (
    LakehouseError,
    ClientError,
    BotoCoreError,
    OSError,
    subprocess.SubprocessError,
)
"""What can go wrong in a step without this program being wrong."""

T = TypeVar("T")

_log = logging.getLogger("reconciler")


class Reconciler:
    """One local cloud's reconciler; `round` may be called for ever."""

    def __init__(
        self,
        paths: CloudPaths,
        client: AccountClient,
        region: str,
        port: int,
        *,
        machine_cores: float = 0.0,
    ) -> None:
        """`machine_cores`: what each machine may use of this host, if not its type's cores."""
        self._paths = paths
        self._client = client
        self._region = region
        self._machine_cores = machine_cores
        self._observer = Observer(client)
        self._balancer = Balancer(paths, port)
        self._resolvers: dict[str, Resolver] = {}
        self._bridges: dict[str, list[str]] = {}
        self._errors: dict[str, tuple[str, float]] = {}
        self._published: tuple[Mapping[str, Mapping[str, str]], float] = ({}, 0.0)
        self._swept = 0.0
        self.metadata = MetadataSource(client, region)

    def round(self) -> None:
        """One step towards what the account says; a failing part does not stop the others."""
        world = self._attempt("account", self._observer.read)
        if world is None:
            # Without knowing what shall be, everything stays as it is.
            write_report(self._paths, World(), {}, self._problems())
            return
        vpcs = distinct(world.used_vpcs())
        for vpc in world.used_vpcs().values():
            self._attempt(vpc.id, partial(_refuse_overlap, vpc, vpcs))
        self.metadata.update(world)
        self._attempt("bridges", lambda: self._connect(world, vpcs))
        self._attempt("names", lambda: self._name(world, vpcs))
        self._attempt("machines", lambda: self._machines(world, vpcs))
        health = self._attempt("balancer", lambda: self._balancer.apply(world)) or {}
        self._attempt("health", lambda: self._publish(health))
        self._attempt("leftovers", lambda: self._forget(vpcs))
        write_report(self._paths, world, health, self._problems(), self._balancer.memory.addresses)

    def _attempt(self, part: str, step: Callable[[], T]) -> T | None:
        """The step's result; none if it failed, which is logged when it is news."""
        try:
            result = step()
        except EXPECTED as error:
            text = f"{type(error).__name__}: {error}"
            known, at = self._errors.get(part, ("", 0.0))
            if known != text or time.monotonic() - at > _REPEAT_SECONDS:
                _log.warning("%s: %s", part, text)
                self._errors[part] = (text, time.monotonic())
            return None
        if self._errors.pop(part, None):
            _log.info("%s: works again", part)
        return result

    def _problems(self) -> dict[str, str]:
        return {part: text for part, (text, _) in self._errors.items()}

    def _connect(self, world: World, vpcs: Mapping[str, Vpc]) -> None:
        balancers = self._balancer.addresses(world)
        for vpc in vpcs.values():
            own = [balancers[each.arn] for each in world.balancers if each.vpc_id == vpc.id]
            wanted = network.vpc_addresses(vpc.cidr, own)
            if self._bridges.get(vpc.id) != wanted:
                network.ensure_bridge(self._paths.netns, bridge_name(vpc.id), wanted)
                self._bridges[vpc.id] = wanted

    def _name(self, world: World, vpcs: Mapping[str, Vpc]) -> None:
        for vpc in vpcs.values():
            resolver = self._resolvers.setdefault(vpc.id, Resolver(self._paths, vpc, self._region))
            inside = [each.private_ip for each in world.instances.values() if each.vpc_id == vpc.id]
            known = records(world, vpc.id, self._balancer.memory.addresses, self._region)
            resolver.apply(reservations(inside), known)

    def _machines(self, world: World, vpcs: Mapping[str, Vpc]) -> None:
        handles = {each: Machine(self._paths, each) for each in known_machines(self._paths)}
        states = {each: handle.state() for each, handle in handles.items()}
        wanted = {k: v for k, v in world.instances.items() if v.vpc_id in vpcs}
        for action in plan(wanted, states):
            self._attempt(action.instance_id, partial(self._perform, action, world))
        for instance in wanted.values():
            if instance.image is None:
                self._attempt(instance.id, partial(_refuse_image, instance))
        used = {state.spec.image for state in states.values() if state.spec}
        used.update(each.image for each in wanted.values() if each.image)
        images.unmount_unused(self._paths, used)

    def _perform(self, action: Action, world: World) -> None:
        machine = Machine(self._paths, action.instance_id)
        _log.info("%s %s: %s", action.verb, action.instance_id, action.reason)
        match action.verb:
            case "start":
                self._start(machine, world)
            case "ask-to-stop":
                machine.request_stop()
            case "kill":
                machine.kill()
            case "remove":
                machine.remove()
            case "report-dead":
                self._client.ec2.terminate_instances(InstanceIds=[action.instance_id])

    def _start(self, machine: Machine, world: World) -> None:
        instance = world.instances[machine.instance_id]
        if instance.image is None:
            return
        image = images.find(instance.image)
        spec = MachineSpec(
            instance_id=instance.id,
            vpc_id=instance.vpc_id,
            private_ip=instance.private_ip,
            image=instance.image,
            memory_mib=instance.memory_mib,
            cpus=self._machine_cores or min(instance.cpus, os.cpu_count() or 1),
        )
        machine.start(spec, image)

    def _publish(self, health: Mapping[str, Mapping[str, str]]) -> None:
        now = time.monotonic()
        if health != self._published[0] or now - self._published[1] > _PUBLISH_SECONDS:
            if health:
                self._client.put("/_local/target-health", health)
            self._published = (health, now)

    def _forget(self, vpcs: Mapping[str, Vpc]) -> None:
        """Remove the networks of VPCs that are gone (their machines went before)."""
        keep = {bridge_name(vpc_id) for vpc_id in vpcs}
        for vpc_id in set(self._resolvers) - set(vpcs):
            self._resolvers.pop(vpc_id).stop()
        for vpc_id in set(self._bridges) - set(vpcs):
            del self._bridges[vpc_id]
        now = time.monotonic()
        if now - self._swept > _SWEEP_SECONDS:
            self._swept = now
            for bridge in network.bridges(self._paths.netns) - keep:
                network.remove_bridge(self._paths.netns, bridge)
            for name in daemons(self._paths, "dnsmasq-"):
                if name.removeprefix("dnsmasq-") not in keep:
                    Daemon(self._paths, name).stop()
            # Somebody may have changed a bridge by hand: look again.
            self._bridges.clear()


def distinct(vpcs: Mapping[str, Vpc]) -> dict[str, Vpc]:
    """VPCs that can be on one host together: of overlapping ones, the default ones give way."""
    kept: dict[str, Vpc] = {}
    for vpc in sorted(vpcs.values(), key=lambda each: (each.is_default, each.id)):
        network_of = ipaddress.ip_network(vpc.cidr)
        if not any(network_of.overlaps(ipaddress.ip_network(each.cidr)) for each in kept.values()):
            kept[vpc.id] = vpc
    return kept


def _refuse_overlap(vpc: Vpc, kept: Mapping[str, Vpc]) -> None:
    if vpc.id not in kept:
        msg = (
            f"{vpc.id} ({vpc.cidr}) overlaps another VPC and gets no network: VPCs of one local "
            "cloud need address ranges of their own"
        )
        raise LakehouseError(msg)


def _refuse_image(instance: Instance) -> None:
    msg = (
        f"{instance.id} cannot boot: image {instance.image_id} has no tag {TAG_CONTENT_HASH}; "
        "launch it from an image that `make image` baked"
    )
    raise LakehouseError(msg)


def run(
    paths: CloudPaths, region: str, port: int, stop: threading.Event, *, machine_cores: float = 0.0
) -> None:
    """Reconcile until told to stop; machines go on running."""
    client = AccountClient(paths.api_url, region)
    reconciler = Reconciler(paths, client, region, port, machine_cores=machine_cores)
    server = MetadataServer(reconciler.metadata.lookup)
    thread = threading.Thread(target=server.serve_forever, name="metadata", daemon=True)
    thread.start()
    _log.info("reconciling %s", paths.name)
    try:
        while not stop.is_set():
            try:
                reconciler.round()
            except Exception:
                # A defect in one round must not take machines from everybody's sight; the
                # missing reports say that something is wrong, the log says what.
                _log.exception("this round failed")
            stop.wait(ROUND_SECONDS)
    finally:
        server.shutdown()
        server.server_close()
    _log.info("stopped; machines stay")


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the daemon; it has to be started inside the cloud's network namespace."""
    parser = argparse.ArgumentParser(prog="local.reconciler", description=__doc__)
    parser.add_argument("--name", required=True, help="name of the local cloud")
    parser.add_argument("--region", required=True, help="region of the emulated account")
    parser.add_argument("--host-port", required=True, type=int, help="port on 127.0.0.1")
    parser.add_argument("--machine-cores", type=float, default=0.0, help="of each machine")
    options = parser.parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s"
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(
        CloudPaths(options.name),
        options.region,
        options.host_port,
        stop,
        machine_cores=options.machine_cores,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
