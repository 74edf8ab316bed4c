"""Connections to the emulated account: SDK clients and its control interface."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from lakehouse.errors import ToolError

_SECONDS: Final = 10.0


class AccountClient:
    """What the local cloud's daemons use to talk to the account; safe between threads."""

    def __init__(self, url: str, region: str) -> None:
        self._url = url
        session = boto3.Session(
            # The emulator checks nobody; the SDK insists on some value.
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106
            region_name=region,
        )

        def client(service: str) -> Any:
            return session.client(
                service,
                endpoint_url=url,
                config=Config(
                    connect_timeout=5,
                    read_timeout=_SECONDS,
                    retries={"total_max_attempts": 1},
                    proxies={},
                ),
            )

        self.ec2 = client("ec2")
        self.iam = client("iam")
        self.autoscaling = client("autoscaling")
        self.elbv2 = client("elbv2")
        self.route53 = client("route53")

    def get(self, path: str) -> dict[str, Any]:
        """GET from the control interface."""
        return self._call("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST to the control interface."""
        return self._call("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """PUT to the control interface."""
        return self._call("PUT", path, body)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        where = urlsplit(self._url)
        connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=_SECONDS)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            msg = f"the emulated account does not answer {method} {path}: {error}"
            raise ToolError(msg) from error
        finally:
            connection.close()
        if response.status != 200:
            said = f"{response.status}: {text[:200]!r}"
            msg = f"the emulated account answers {method} {path} with {said}"
            raise ToolError(msg)
        try:
            document = json.loads(text or b"{}")
        except ValueError as error:
            msg = f"the emulated account answers {method} {path} with {text[:200]!r}"
            raise ToolError(msg) from error
        return document if isinstance(document, dict) else {"value": document}
