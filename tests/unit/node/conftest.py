"""A leader and a worker as boot sees them, and a metadata service that speaks version 2 only."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import Stubber

from lakehouse.boot import BootDocument, CatalogBoot, SecretsBoot, SparkBoot
from node.instance import Instance
from node.metadata import Metadata
from node.secrets import Secrets
from node.sizes import Sizes


@pytest.fixture
def leader() -> BootDocument:
    return BootDocument(
        role="leader",
        project="millrace",
        stack="test",
        generation="blue",
        region="eu-central-1",
        leader_host="leader-blue.lake.internal",
        zone_id="Z1",
        catalogs=(
            CatalogBoot(name="lake", warehouse="arn:aws:s3tables:eu-central-1:1:bucket/lake"),
        ),
        secrets=SecretsBoot(
            spark_auth="arn:auth", tls="arn:tls", tokens={"alice": "arn:alice", "bob": "arn:bob"}
        ),
        spark=SparkBoot(),
        lifecycle_hook="ready",
    )


@pytest.fixture
def worker(leader: BootDocument) -> BootDocument:
    return replace(leader, role="worker", secrets=SecretsBoot(spark_auth="arn:auth"))


@pytest.fixture
def instance() -> Instance:
    return Instance(
        instance_id="i-1", private_ip="10.0.1.4", vpc_cidrs=("10.0.0.0/16",), group="workers"
    )


@pytest.fixture
def sizes() -> Sizes:
    return Sizes(
        driver_mib=2048, worker_mib=832, worker_cores=2, executor_mib=768, executor_cores=0
    )


@pytest.fixture
def secrets() -> Secrets:
    return Secrets(
        spark_auth="auth-SECRET-0123456789",
        certificate="-----BEGIN CERTIFICATE-----\nCERT",
        private_key="-----BEGIN PRIVATE KEY-----\nKEY-SECRET",
        tokens={"alice": "alice-SECRET-0123456789", "bob": "bob-SECRET-0123456789"},
    )


class FakeMetadata(ThreadingHTTPServer):
    """Answers from `entries`; keeps every request it saw as (method, path, had a token)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.entries: dict[str, str] = {}
        self.seen: list[tuple[str, str, bool]] = []
        self.tokens: set[str] = set()
        self.failures = 0
        """So many requests are answered with 503 first."""

    def client(self, **options: float) -> Metadata:
        return Metadata(host="127.0.0.1", port=self.server_port, **options)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    server: FakeMetadata

    def do_PUT(self) -> None:
        self._see()
        if self.path != "/latest/api/token" or self._failing():
            self._send(503, "")
            return
        token = f"token-{len(self.server.tokens)}"
        self.server.tokens.add(token)
        self._send(200, token)

    def do_GET(self) -> None:
        self._see()
        if self.headers.get("X-aws-ec2-metadata-token") not in self.server.tokens:
            self._send(401, "")
        elif self._failing():
            self._send(503, "")
        else:
            text = self.server.entries.get(self.path.removeprefix("/latest/"))
            self._send(404, "") if text is None else self._send(200, text)

    def _see(self) -> None:
        has_token = "X-aws-ec2-metadata-token" in self.headers
        self.server.seen.append((self.command, self.path, has_token))

    def _failing(self) -> bool:
        self.server.failures -= 1
        return self.server.failures >= 0

    def _send(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def imds() -> Iterator[FakeMetadata]:
    server = FakeMetadata()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def autoscaling() -> Iterator[tuple[Any, Stubber]]:
    yield from _stubbed("autoscaling")


@pytest.fixture
def logs() -> Iterator[tuple[Any, Stubber]]:
    yield from _stubbed("logs")


def _stubbed(service: str) -> Iterator[tuple[Any, Stubber]]:
    client = Session().create_client(
        service, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stub:
        yield client, stub
