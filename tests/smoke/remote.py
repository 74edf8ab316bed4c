"""Probes that run on a machine, over ssh, with nothing but the machine's own Python."""

from __future__ import annotations

import json
from typing import Any

from tests.smoke.answers import Observation, Probe

_TCP = """
import json, socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=float(sys.argv[3])).close()
    print(json.dumps([True, "connection accepted"]))
except OSError as error:
    print(json.dumps([False, f"{type(error).__name__}: {error}"]))
"""

_HTTP = """
import json, sys, urllib.error, urllib.request
method, url, seconds, headers = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
request = urllib.request.Request(url, method=method, headers=json.loads(headers))
try:
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        print(json.dumps([answer.status, answer.read(100000).decode()]))
except urllib.error.HTTPError as error:
    print(json.dumps([error.code, ""]))
except OSError as error:
    print(json.dumps([0, f"{type(error).__name__}: {error}"]))
"""


def tcp(host: Any, address: str, port: int, *, user: str = "") -> Probe:
    """A probe that opens a TCP connection from this machine, as one of its users."""

    def probe(seconds: float) -> Observation:
        answered, seen = _run(host, user, _TCP, address, str(port), str(seconds))
        return Observation(answered=answered, seen=seen)

    return probe


def http(
    host: Any,
    url: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    user: str = "",
) -> tuple[int, str]:
    """Status and body of a request from this machine; status 0 when nothing answered."""
    status, body = _run(host, user, _HTTP, method, url, "5", json.dumps(headers or {}))
    return int(status), str(body)


def _run(host: Any, user: str, script: str, *arguments: str) -> Any:
    words = ["python3", "-c", script, *arguments]
    prefix = ["runuser", "-u", user, "--"] if user else []
    command = [*prefix, *words]
    # testinfra quotes every argument of a template.
    result = host.run(" ".join(["%s"] * len(command)), *command)
    assert result.rc == 0, f"the probe itself failed: {result.stderr}"
    return json.loads(result.stdout)
