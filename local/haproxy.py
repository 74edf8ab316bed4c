"""HAProxy's own language: its configuration, its statistics and its runtime commands."""

from __future__ import annotations

import csv
import io
import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lakehouse.errors import ToolError
from local.world import HealthCheck

MAX_WEIGHT: Final = 256
_SOCKET_SECONDS: Final = 5.0
_RANGE: Final = re.compile(r"\d{3}(-\d{3})?")


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The targets of one target group; it only checks them."""

    name: str
    check: HealthCheck
    servers: Mapping[str, tuple[str, int]]
    """Server name -> (address, port)."""
    terminate_when_unhealthy: bool = True


@dataclass(frozen=True, kw_only=True)
class Frontend:
    """One listener; its servers are those of its pools, and follow their health."""

    name: str
    address: str
    port: int
    idle_timeout: int
    pools: tuple[Pool, ...]


@dataclass(frozen=True, kw_only=True)
class Forward:
    """A port of the host's loopback that leads to a listener."""

    host_port: int
    address: str
    port: int


Key = tuple[str, str]
"""(backend, server)."""


def render(
    *,
    namespace: str,
    run: Path,
    pools: Sequence[Pool],
    frontends: Sequence[Frontend],
    forward: Forward | None,
    weights: Mapping[Key, int],
) -> str:
    """The whole configuration. `weights` are those in force, so that a reload changes none."""
    lines = [
        "global",
        f"  stats socket {run / 'haproxy.sock'} mode 600 level admin expose-fd listeners",
        f"  server-state-file {run / 'haproxy.state'}",
        "  maxconn 4000",
        "defaults",
        "  mode tcp",
        "  timeout connect 5s",
        "  timeout client 350s",
        "  timeout server 350s",
        "  load-server-state-from-file global",
        "  retries 2",
    ]
    for pool in pools:
        lines += _pool(pool, namespace)
    for frontend in frontends:
        lines += _frontend(frontend, namespace, weights)
    if forward:
        lines += [
            "frontend host",
            f"  bind 127.0.0.1:{forward.host_port}",
            "  timeout client 24h",
            "  default_backend host",
            "backend host",
            "  timeout server 24h",
            f"  server listener {forward.address}:{forward.port} namespace {namespace}",
        ]
    return "\n".join([*lines, ""])


def server_of(pool: Pool, server: str) -> str:
    """What a pool's server is called behind a listener."""
    return f"{pool.name}.{server}"


def _pool(pool: Pool, namespace: str) -> list[str]:
    check = pool.check
    # A change of health is looked at each second, so that a start is not padded by polling.
    how = (
        f"check inter {check.interval}s fastinter 1s downinter 1s "
        f"rise {check.healthy} fall {check.unhealthy}"
    )
    port = f" port {check.port}" if check.port else ""
    return [
        f"backend {pool.name}",
        f"  timeout check {check.timeout}s",
        *_http_check(check),
        *(
            f"  server {name} {address}:{number} namespace {namespace} {how}{port}"
            for name, (address, number) in sorted(pool.servers.items())
        ),
    ]


def _frontend(frontend: Frontend, namespace: str, weights: Mapping[Key, int]) -> list[str]:
    lines = [
        f"frontend {frontend.name}",
        f"  bind {frontend.address}:{frontend.port} namespace {namespace}",
        f"  timeout client {frontend.idle_timeout}s",
        f"  default_backend {frontend.name}",
        f"backend {frontend.name}",
        "  balance roundrobin",
        f"  timeout server {frontend.idle_timeout}s",
    ]
    for pool in frontend.pools:
        closing = " on-marked-down shutdown-sessions" if pool.terminate_when_unhealthy else ""
        for server, (address, port) in sorted(pool.servers.items()):
            name = server_of(pool, server)
            lines.append(
                f"  server {name} {address}:{port} weight {weights.get((frontend.name, name), 0)}"
                f" namespace {namespace} source {frontend.address}"
                f" track {pool.name}/{server}{closing}"
            )
    return lines


def _http_check(check: HealthCheck) -> list[str]:
    """Lines of a backend whose checks are HTTP requests; none for a bare connection."""
    if check.protocol not in {"HTTP", "HTTPS"}:
        return []
    codes = check.matcher.replace(" ", "")
    if not all(_RANGE.fullmatch(each) for each in codes.split(",")):
        msg = f"health check matcher {check.matcher!r}: use codes or ranges such as 200-299,301"
        raise ToolError(msg)
    return [
        "  option httpchk",
        f"  http-check send meth GET uri {check.path} ver HTTP/1.1 hdr Host localhost "
        "hdr User-Agent ELB-HealthChecker/2.0",
        f"  http-check expect status {codes}",
    ]


def weigh(groups: Mapping[str, int], servers: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Server weights that share connections among groups by weight and evenly within each.

    `servers` are the healthy ones of each group: a group's share does not shrink with them.
    """
    shares = {
        name: groups[group] / len(names)
        for group, names in servers.items()
        if names and groups.get(group, 0) > 0
        for name in names
    }
    top = max(shares.values(), default=0)
    return {
        name: max(1, round(share * MAX_WEIGHT / top)) if top else 0
        for name, share in shares.items()
    }


@dataclass(frozen=True)
class ServerStatus:
    """What HAProxy says about one server now."""

    up: bool
    checked: bool
    """At least one check has ended."""
    weight: int
    sessions: int


class RuntimeSocket:
    """HAProxy's admin socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, commands: Iterable[str]) -> str:
        """Run commands in one connection and return everything they print.

        Raises:
            ToolError: HAProxy does not answer.
        """
        text = ";".join(commands) + "\n"
        if text == "\n":
            return ""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
                stream.settimeout(_SOCKET_SECONDS)
                stream.connect(str(self._path))
                stream.sendall(text.encode())
                chunks = []
                while chunk := stream.recv(65536):
                    chunks.append(chunk)
        except OSError as error:
            msg = f"HAProxy does not answer on {self._path}: {error}"
            raise ToolError(msg) from error
        return b"".join(chunks).decode()

    def servers(self) -> dict[Key, ServerStatus]:
        """(backend, server) -> status."""
        text = self.send(["show stat -1 4 -1"]).removeprefix("# ")
        return {
            (row["pxname"], row["svname"]): ServerStatus(
                up=row["status"].startswith(("UP", "no check")),
                checked=row.get("check_status", "") not in {"", "INI", "UNK"},
                weight=int(row["weight"] or 0),
                sessions=int(row["scur"] or 0),
            )
            for row in csv.DictReader(io.StringIO(text))
        }
