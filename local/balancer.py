"""The network load balancers of the account, played by one HAProxy.

Weights change through HAProxy's runtime socket and everything else by a reload, in which the
old process keeps the connections it has: neither ends an established flow.
"""

from __future__ import annotations

import hashlib
import signal
import time
from collections.abc import Iterable, Mapping
from typing import Final

from lakehouse import ports
from lakehouse.errors import ToolError
from local import wait
from local.daemon import Daemon, clean_environment
from local.haproxy import (
    Forward,
    Frontend,
    Key,
    Pool,
    RuntimeSocket,
    ServerStatus,
    render,
    server_of,
    weigh,
)
from local.network import in_namespace
from local.paths import CloudPaths
from local.targets import Memory, Target, allocate, follow_targets, health
from local.world import World

_START_SECONDS: Final = 10.0


class Balancer:
    """Keeps HAProxy equal to the account's load balancers."""

    def __init__(self, paths: CloudPaths, host_port: int) -> None:
        self._paths = paths
        self._host_port = host_port
        self._memory_file = paths.run / "balancer.json"
        self._config_file = paths.run / "haproxy.cfg"
        self._daemon = Daemon(paths, "haproxy")
        self._socket = RuntimeSocket(paths.run / "haproxy.sock")
        self._known: set[Key] = set()
        self.memory = Memory.read(self._memory_file)

    def addresses(self, world: World) -> Mapping[str, str]:
        """Load balancer ARN -> address, allocated where needed."""
        allocate(self.memory, world)
        return self.memory.addresses

    def apply(self, world: World) -> dict[str, dict[str, str]]:
        """One round; returns target group ARN -> instance -> health, for the account."""
        now = time.time()
        if not any(each.listeners for each in world.balancers):
            # HAProxy does not run without anything to listen on.
            self._daemon.stop()
            self._config_file.with_suffix(".shape").unlink(missing_ok=True)
            return {}
        statuses = self._socket.servers() if self._daemon.alive() else {}
        ended = follow_targets(
            self.memory, world, now, lambda target: self._sessions(target, statuses)
        )
        self._end(ended, world, statuses)
        self.memory.write(self._memory_file)
        pools = self._pools(world)
        frontends = self._frontends(world, pools)
        statuses = self._load(pools, frontends, statuses)
        self._set_weights(world, frontends, pools, statuses)
        return self._report(world, pools, statuses, now)

    def _pools(self, world: World) -> dict[str, Pool]:
        return {
            arn: Pool(
                name=_name("tg", arn),
                check=group.check,
                servers={
                    each.name: (each.address, each.port)
                    for each in self.memory.targets
                    if each.group == arn
                },
                terminate_when_unhealthy=group.terminate_when_unhealthy,
            )
            for arn, group in sorted(world.target_groups.items())
        }

    def _frontends(self, world: World, pools: Mapping[str, Pool]) -> dict[str, Frontend]:
        return {
            listener.arn: Frontend(
                name=_name("listener", listener.arn),
                address=self.memory.addresses[balancer.arn],
                port=listener.port,
                idle_timeout=listener.idle_timeout,
                pools=tuple(pools[arn] for arn in sorted(listener.weights) if arn in pools),
            )
            for balancer in world.balancers
            for listener in balancer.listeners
        }

    def _forward(self, frontends: Iterable[Frontend]) -> Forward | None:
        for each in frontends:
            if each.port == ports.ENDPOINT:
                return Forward(host_port=self._host_port, address=each.address, port=each.port)
        return None

    def _load(
        self,
        pools: Mapping[str, Pool],
        frontends: Mapping[str, Frontend],
        statuses: Mapping[Key, ServerStatus],
    ) -> dict[Key, ServerStatus]:
        """Reload HAProxy if anything but a weight differs.

        A new server gets nothing before its first check: its weight is zero until then.
        """
        shape = render(
            namespace=self._paths.name,
            run=self._paths.run,
            pools=list(pools.values()),
            frontends=list(frontends.values()),
            forward=self._forward(frontends.values()),
            weights={},
        )
        shape_file = self._config_file.with_suffix(".shape")
        running = self._daemon.alive()
        if running and shape_file.exists() and shape_file.read_text() == shape:
            return dict(statuses)
        text = render(
            namespace=self._paths.name,
            run=self._paths.run,
            pools=list(pools.values()),
            frontends=list(frontends.values()),
            forward=self._forward(frontends.values()),
            weights={key: status.weight for key, status in statuses.items()},
        )
        self._config_file.write_text(text)
        state = self._socket.send(["show servers state"]) if running else ""
        (self._paths.run / "haproxy.state").write_text(state)
        wanted = {(pool.name, server) for pool in pools.values() for server in pool.servers}
        self._restart(wanted)
        shape_file.write_text(shape)
        return self._socket.servers()

    def _restart(self, wanted: set[Key]) -> None:
        if self._daemon.alive():
            self._daemon.signal(signal.SIGUSR2)
        else:
            host = in_namespace(self._paths.run / "host.netns")
            command = [*host, "haproxy", "-W", "-q", "-f", str(self._config_file)]
            self._daemon.start(command, clean_environment({}))
        wait.until(
            lambda: self._serves(wanted),
            what="HAProxy with its new configuration",
            deadline=_START_SECONDS,
            describe=self._daemon.last_words,
        )

    def _serves(self, wanted: set[Key]) -> bool:
        try:
            pools = {key for key in self._socket.servers() if key[0].startswith("tg-")}
        except ToolError:
            if not self._daemon.alive():
                raise
            return False
        return pools == wanted

    def _set_weights(
        self,
        world: World,
        frontends: Mapping[str, Frontend],
        pools: Mapping[str, Pool],
        statuses: Mapping[Key, ServerStatus],
    ) -> None:
        draining = {each.name for each in self.memory.targets if each.draining_until is not None}
        commands = []
        for balancer in world.balancers:
            for listener in balancer.listeners:
                frontend = frontends[listener.arn]
                servers = {
                    arn: [
                        server_of(pools[arn], server)
                        for server in pools[arn].servers
                        if server not in draining and _is_up(statuses, pools[arn], server)
                    ]
                    for arn in listener.weights
                    if arn in pools
                }
                wanted = weigh(listener.weights, servers)
                for pool in frontend.pools:
                    for server in pool.servers:
                        key = (frontend.name, server_of(pool, server))
                        weight = wanted.get(key[1], 0)
                        if key in statuses and statuses[key].weight != weight:
                            commands.append(f"set server {key[0]}/{key[1]} weight {weight}")
        self._socket.send(commands)

    def _report(
        self,
        world: World,
        pools: Mapping[str, Pool],
        statuses: Mapping[Key, ServerStatus],
        now: float,
    ) -> dict[str, dict[str, str]]:
        report: dict[str, dict[str, str]] = {arn: {} for arn in pools}
        for target in self.memory.targets:
            group = world.target_groups.get(target.group)
            if group is None:
                continue
            status = statuses.get((pools[target.group].name, target.name))
            state = health(target, group, status, now)
            target.was_up |= state == "healthy"
            report[target.group][target.instance_id] = state
        return report

    def _sessions(self, target: Target, statuses: Mapping[Key, ServerStatus]) -> int:
        suffix = f"{_name('tg', target.group)}.{target.name}"
        return sum(status.sessions for key, status in statuses.items() if key[1] == suffix)

    def _end(
        self, ended: Iterable[Target], world: World, statuses: Mapping[Key, ServerStatus]
    ) -> None:
        """Close what ended targets still have, where their group asks for that."""
        names = {
            f"{_name('tg', target.group)}.{target.name}"
            for target in ended
            if (group := world.target_groups.get(target.group))
            and group.terminate_on_deregistration
        }
        self._socket.send(
            f"shutdown sessions server {backend}/{server}"
            for backend, server in statuses
            if server in names
        )


def _is_up(statuses: Mapping[Key, ServerStatus], pool: Pool, server: str) -> bool:
    status = statuses.get((pool.name, server))
    return status is not None and status.up and status.checked


def _name(kind: str, arn: str) -> str:
    return f"{kind}-{hashlib.sha256(arn.encode()).hexdigest()[:8]}"
