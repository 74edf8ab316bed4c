"""The instance metadata service, version 2 only.

Every read carries a session token got with PUT; there is no unauthenticated read in this file,
so a machine that would allow version 1 never uses it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from typing import Final

from lakehouse.ports import IMDS
from node.errors import MetadataError

TOKEN_SECONDS: Final = 21_600
"""Longest token lifetime that EC2 grants (EC2 user guide, "Use IMDSv2")."""

_RETRIED: Final = frozenset({401, 429, 500, 502, 503, 504})
_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 2.0


class Metadata:
    """A client with one token, renewed when it expires or is refused."""

    def __init__(
        self,
        *,
        host: str = IMDS,
        port: int = 80,
        timeout: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`timeout` bounds one request; deadlines are given per read."""
        self._address = (host, port)
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep
        self._token = ""
        self._token_until = 0.0

    def find(self, path: str, *, deadline: float = 10.0) -> str | None:
        """The text at `path` below /latest, or None where the service has nothing (404).

        Raises:
            MetadataError: no answer within `deadline` seconds; tells the last thing seen.
        """
        until = self._clock() + deadline
        pause = _PAUSE
        while True:
            try:
                status, body = self._read(path)
            except (OSError, HTTPException) as error:
                seen = str(error) or type(error).__name__
            else:
                if status == 200:
                    return body
                if status == 404:
                    return None
                if status not in _RETRIED:
                    msg = f"metadata service refused {path} with status {status}"
                    raise MetadataError(msg)
                seen = f"status {status}"
            if self._clock() + pause >= until:
                msg = f"metadata service gave no {path} within {deadline:g} s; last: {seen}"
                raise MetadataError(msg)
            self._sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def get(self, path: str, *, deadline: float = 10.0) -> str:
        """As `find`, for what every machine has.

        Raises:
            MetadataError: no answer in time, or the service has no such path.
        """
        body = self.find(path, deadline=deadline)
        if body is None:
            msg = f"metadata service has no {path}"
            raise MetadataError(msg)
        return body

    def _read(self, path: str) -> tuple[int, str]:
        if self._clock() >= self._token_until:
            status, body = self._request(
                "PUT",
                "/latest/api/token",
                {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)},
            )
            if status != 200:
                return (503 if status == 404 else status), body
            self._token = body
            # Renewed at half of its life: a read never carries a token about to expire.
            self._token_until = self._clock() + TOKEN_SECONDS / 2
        status, body = self._request(
            "GET", f"/latest/{path}", {"X-aws-ec2-metadata-token": self._token}
        )
        if status == 401:
            self._token_until = 0.0
        return status, body

    def _request(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        host, port = self._address
        connection = HTTPConnection(host, port, timeout=self._timeout)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8")
        finally:
            connection.close()
