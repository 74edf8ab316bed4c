"""What the driver says of its work, asked over SSH: its pages answer on the leader only."""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from typing import Any, Final

import paramiko

from lakehouse import ports
from lakehouse.errors import LakehouseError

ANSWER_SECONDS: Final = 20.0
PATIENCE_SECONDS: Final = 180.0
"""A leader in the middle of a storm may be slow to answer, and that is no failure of anybody's."""

_PAUSE: Final = 2.0
_SPARK: Final = "/api/v1/applications"


class DriverError(LakehouseError):
    """The driver or the master did not answer; names what was asked."""


class _SilentError(DriverError):
    """Nothing came back at all, which may pass."""


class Driver:
    """Spark's REST interface through one SSH connection; not for use by several threads."""

    def __init__(
        self,
        client: paramiko.SSHClient,
        leader: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`leader` is its private address; the caller closes `client`."""
        self._client = client
        self._leader = leader
        self._clock = clock
        self._sleep = sleep
        self._connections: dict[int, HTTPConnection] = {}
        self._application = ""

    def jobs(self, status: str = "") -> list[dict[str, Any]]:
        """Jobs that the driver still knows, newest first; `status` as `running`."""
        wanted = f"?status={urllib.parse.quote(status)}" if status else ""
        found: list[dict[str, Any]] = self._spark(f"/jobs{wanted}")
        return found

    def stages(self, status: str = "") -> list[dict[str, Any]]:
        """Attempts of stages; `status` as `active`."""
        wanted = f"?status={urllib.parse.quote(status)}" if status else ""
        found: list[dict[str, Any]] = self._spark(f"/stages{wanted}")
        return found

    def executors(self) -> list[dict[str, Any]]:
        """Executors that are alive, without the driver itself."""
        return [each for each in self._spark("/executors") if each["id"] != "driver"]

    def workers(self) -> dict[str, str]:
        """Address -> state (`ALIVE`, `DECOMMISSIONED`, `DEAD` ...) as the master says."""
        master = self._get(ports.MASTER_UI, self._leader, "/json/")
        states: dict[str, str] = {}
        for each in master["workers"]:
            # A worker that came again is listed twice: the living one counts.
            if states.get(each["host"]) != "ALIVE":
                states[each["host"]] = each["state"]
        return states

    def _spark(self, path: str) -> Any:
        if not self._application:
            found = self._get(ports.DRIVER_UI, "127.0.0.1", _SPARK)
            if not found:
                msg = "the driver has no application yet"
                raise DriverError(msg)
            self._application = str(found[0]["id"])
        return self._get(ports.DRIVER_UI, "127.0.0.1", f"{_SPARK}/{self._application}{path}")

    def _get(self, port: int, host: str, path: str) -> Any:
        end = self._clock() + PATIENCE_SECONDS
        again = True
        while True:
            try:
                return self._ask(port, host, path)
            except DriverError as error:
                self._application = ""
                self._drop(port)
                if again:
                    # A connection that was kept may have been closed by the other side.
                    again = False
                    continue
                if not isinstance(error, _SilentError) or self._clock() >= end:
                    raise
            self._sleep(_PAUSE)

    def _ask(self, port: int, host: str, path: str) -> Any:
        try:
            connection = self._connections.get(port) or self._open(port, host)
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException, paramiko.SSHException) as error:
            self._drop(port)
            msg = f"{host}:{port}{path} on {self._leader}: {error or type(error).__name__}"
            raise _SilentError(msg) from error
        if answer.status != 200:
            msg = f"{host}:{port}{path} on {self._leader}: status {answer.status}"
            raise DriverError(msg)
        return json.loads(body)

    def _open(self, port: int, host: str) -> HTTPConnection:
        transport = self._client.get_transport()
        if transport is None:
            msg = f"{self._leader}: the SSH connection is closed"
            raise DriverError(msg)
        channel = transport.open_channel(
            "direct-tcpip", (host, port), ("127.0.0.1", 0), timeout=ANSWER_SECONDS
        )
        channel.settimeout(ANSWER_SECONDS)
        connection = HTTPConnection(host, port)
        connection.sock = channel
        self._connections[port] = connection
        return connection

    def _drop(self, port: int) -> None:
        connection = self._connections.pop(port, None)
        if connection is not None:
            connection.close()
