"""Answering HTTP on a machine: one path, from a thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, Any]]


def serve(address: str, port: int, path: str, answer: Callable[[], Answer]) -> ThreadingHTTPServer:
    """One path over HTTP/1.1 in a thread; everything else is 404."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A connection that says nothing must not hold a thread for ever.
        timeout = 15

        def do_GET(self) -> None:
            code, body = answer() if self.path == path else (404, {"error": "no such path"})
            text = json.dumps(body, sort_keys=True).encode() + b"\n"
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            """A line per health check would bury the journal."""

        def version_string(self) -> str:
            return "millrace"

    server = ThreadingHTTPServer((address, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name=f"http-{port}", daemon=True).start()
    return server
