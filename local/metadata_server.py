"""The instance metadata service, version 2 only: a token first, identity by source address."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from lakehouse.ports import IMDS
from local.metadata import Answer

PORT: Final = 80
MAX_TTL_SECONDS: Final = 21_600
TTL_HEADER: Final = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER: Final = "X-aws-ec2-metadata-token"  # noqa: S105  (the name of a header)

Lookup = Callable[[str, str], Answer | None]
"""(source address, path) -> the answer; none when no instance has that address."""


class Tokens:
    """Session tokens, each valid for the address that asked for it, and for a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._valid: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def issue(self, address: str, ttl: int) -> str:
        """A new token."""
        now = self._clock()
        token = secrets.token_urlsafe(40)
        with self._lock:
            self._valid = {key: each for key, each in self._valid.items() if each[1] > now}
            self._valid[token] = (address, now + ttl)
        return token

    def accepts(self, address: str, token: str | None) -> bool:
        """Whether this address may use this token now."""
        with self._lock:
            owner, end = self._valid.get(token or "", ("", 0.0))
        return owner == address and end > self._clock()


class MetadataServer(ThreadingHTTPServer):
    """Serves until closed; `lookup` is called in the thread of each connection."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, lookup: Lookup, address: tuple[str, int] = (IMDS, PORT)) -> None:
        super().__init__(address, _Handler)
        self.lookup = lookup
        self.tokens = Tokens()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "EC2ws"
    sys_version = ""
    timeout = 20
    server: MetadataServer

    def do_PUT(self) -> None:
        """Give a token."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        ttl = self.headers.get(TTL_HEADER, "")
        if self.path.rstrip("/") != "/latest/api/token":
            self._send(Answer(404, b""))
        elif "X-Forwarded-For" in self.headers:
            # EC2 refuses tokens to requests that came through a proxy.
            self._send(Answer(403, b""))
        elif not ttl.isdigit() or not 1 <= int(ttl) <= MAX_TTL_SECONDS:
            self._send(Answer(400, b""))
        else:
            token = self.server.tokens.issue(self._source(), int(ttl))
            self._send(Answer(200, token.encode()), (TTL_HEADER, ttl))

    def do_GET(self) -> None:
        """Give a document to whoever shows a token."""
        if not self.server.tokens.accepts(self._source(), self.headers.get(TOKEN_HEADER)):
            self._send(Answer(401, b""))
            return
        self._send(self.server.lookup(self._source(), self.path) or Answer(404, b""))

    def _source(self) -> str:
        return str(self.client_address[0])

    def _send(self, answer: Answer, *headers: tuple[str, str]) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Machines ask every few seconds; nobody reads that."""
