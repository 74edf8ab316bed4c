"""The HTTP server: werkzeug's, with connections that stay open, and a ticker beside it.

werkzeug closes every connection after one answer and waits 10 ms before that. Spark makes
thousands of small requests, so the loop here drains what is left of a body and goes on.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Final

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.exceptions import InternalServerError
from werkzeug.serving import ThreadedWSGIServer

from local.account import app

log = logging.getLogger(__name__)
access = logging.getLogger(f"{__name__}.access")

TICK: Final = 0.25
"""Seconds between looks at what is due."""

IDLE: Final = 60
"""Seconds that an unused connection is kept."""

_CHUNK: Final = 1 << 20


class _Body:
    """A request's body, which never reads into the next request."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        data: bytes = self._stream.read(wanted) if wanted else b""
        self._left -= len(data)
        if wanted and not data:
            self._left = 0
        return data

    def readinto(self, buffer: bytearray | memoryview) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readline(self, size: int = -1) -> bytes:
        limit = self._left if size is None or size < 0 else min(size, self._left)
        data: bytes = self._stream.readline(limit) if limit else b""
        self._left -= len(data)
        return data

    def __iter__(self) -> Any:
        return iter(self.readline, b"")


class Handler(MotoRequestHandler):  # type: ignore[misc]  # moto and werkzeug are untyped here
    """Serves one connection, request after request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE
    wbufsize = 1 << 16

    def run_wsgi(self) -> None:
        """Serve one request and leave the connection at the start of the next."""
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        environ = self.make_environ()
        body = environ["wsgi.input"]
        if not environ.get("wsgi.input_terminated"):
            body = _Body(body, int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = body
        started: list[Any] = ["500 No Answer", []]

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            started[:] = [status, headers]

        try:
            data = b"".join(self.server.app(environ, start))
        except Exception:
            # One request that moto cannot serve must not end the account.
            log.exception("%s %s failed", self.command, self.path)
            data = b"".join(InternalServerError()(environ, start))
        self._drain(body)
        status, headers = started
        self._answer(status, headers, data)

    def _drain(self, body: Any) -> None:
        while body.read(_CHUNK):
            pass

    def _answer(self, status: str, headers: list[tuple[str, str]], data: bytes) -> None:
        code = int(status.split()[0])
        self.send_response(code, status.partition(" ")[2])
        sizeless = code in (204, 304) or code < 200
        for name, value in headers:
            if name.lower() != "content-length" or self.command == "HEAD":
                self.send_header(name, value)
        if self.command != "HEAD" and not sizeless:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD" and not sizeless:
            self.wfile.write(data)
        self.wfile.flush()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line a request, for those who ask for it."""
        access.debug("%s %s %s", self.command, self.path, code)

    def log_error(self, format: str, *args: Any) -> None:
        """What http.server calls an error: a connection that nobody used any more."""
        log.debug(format, *args)

    def log(self, type: str, message: str, *args: Any) -> None:
        """What http.server has to say."""
        log.log(logging.ERROR if type == "error" else logging.DEBUG, message, *args)


class Server(ThreadedWSGIServer):  # type: ignore[misc]
    """The account at an address; a thread per connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port, app.Account(), handler=Handler)
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        """Where it is reached."""
        host, port = self.server_address[:2]
        return f"http://{host}:{port}"

    def serve(self, poll: float = 0.5) -> None:
        """Serve until `stop`."""
        ticker = threading.Thread(target=self._tick, name="ticker", daemon=True)
        ticker.start()
        try:
            super().serve_forever(poll_interval=poll)
        finally:
            self._stopping.set()
            self.server_close()
            ticker.join(timeout=5)

    def _tick(self) -> None:
        while not self._stopping.wait(TICK):
            begun = time.monotonic()
            try:
                app.tick()
            except Exception:
                # Whatever one group trips over, the others' deadlines must still be kept.
                log.exception("a tick failed")
            took = time.monotonic() - begun
            if took > 1:
                log.warning("a tick took %.1f s", took)
