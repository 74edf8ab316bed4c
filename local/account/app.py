"""The account as one WSGI application: moto, the grafts, the control API, and the lock.

moto's models are plain dictionaries without locks. Everything that decides on what it read
(commits by version token, capacity) runs one request at a time; S3, whose bodies are large,
and SQS, which waits for messages, run side by side.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from local.account import environment

environment.prepare()

from moto.moto_server.werkzeug_app import (  # noqa: E402  reads the environment set above
    DomainDispatcherApplication,
    create_backend_app,
)

from local.account import (  # noqa: E402
    activities,
    autoscaling,
    cloudtrail,
    cloudwatch,
    control,
    ec2,
    elbv2,
    glue,
    graft,
    hooks,
    kms,
    lakefilters,
    lakeformation,
    laketags,
    route53,
    s3,
    s3tables,
    security_groups,
    spot,
    sqs,
    table_upkeep,
    tables,
    upkeep,
)

log = logging.getLogger(__name__)

LOCK: Final = threading.RLock()
"""Held while anything but S3 and SQS is served, and while the ticker acts."""

_SIDE_BY_SIDE: Final = frozenset({"s3", "sqs"})
_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")

StartResponse = Callable[..., Any]


def install() -> None:
    """Put every graft in place."""
    graft.stop_tracking()
    for module in (
        activities,
        autoscaling,
        cloudtrail,
        cloudwatch,
        ec2,
        elbv2,
        glue,
        hooks,
        kms,
        lakefilters,
        lakeformation,
        laketags,
        route53,
        s3,
        s3tables,
        security_groups,
        sqs,
        tables,
        table_upkeep,
    ):
        module.install()


def tick() -> None:
    """Let time act: hooks that expire, spot instances that end, groups that replace."""
    with LOCK:
        spot.tick()
        ec2.forget_terminated()


class Account:
    """The WSGI application."""

    def __init__(self) -> None:
        install()
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith(control.PREFIX):
            return self._control(environ, start)
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        service = scope.group(1) if scope else ""
        if service in _SIDE_BY_SIDE:
            return self._serve(environ, start)
        with LOCK:
            answer = self._serve(environ, start)
            if service in ("ec2", "autoscaling"):
                upkeep.tick()
            return answer

    def _serve(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        # Joined here so that it is made while the lock is held.
        answer = self._moto(environ, start)
        try:
            return list(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()

    def _control(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with LOCK:
            status, document = control.answer(
                environ["REQUEST_METHOD"],
                environ["PATH_INFO"],
                environ.get("QUERY_STRING", ""),
                body,
            )
        data = json.dumps(document).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
        start(f"{status} {'OK' if status < 400 else 'Refused'}", headers)
        return [data]
