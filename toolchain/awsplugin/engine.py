"""The engine's log, where a provider's warnings belong."""

from __future__ import annotations

import functools
import threading

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


class EngineLog:
    """Sends each distinct warning once."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._said: set[str] = set()
        self._lock = threading.Lock()

    @functools.cached_property
    def _stub(self) -> engine_pb2_grpc.EngineStub:
        return engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))

    def warn(self, token: str, text: str) -> None:
        """Show a warning. Attached to no engine, there is nobody to show it to."""
        message = f"{token}: {text}"
        with self._lock:
            if not self._address or message in self._said:
                return
            self._said.add(message)
        request = engine_pb2.LogRequest(
            severity=engine_pb2.WARNING, message=message, urn="", streamId=0
        )
        # A lost warning must not fail the operation it is about.
        self._stub.Log.future(request)
