"""A client of the Terraform provider binary: its process and the tfplugin5 calls over its socket.

The binary describes its own protocol by gRPC reflection, so no generated code is needed here.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from lakehouse.errors import DeadlineError, ToolError
from toolchain.awsplugin import haste

# Terraform's published handshake value: it keeps people from starting a plugin by hand.
_COOKIE: Final = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
_START_SECONDS: Final = 60.0
_ERROR: Final = 1
_TERRAFORM_VERSION: Final = "1.11.4"
_LAST_LINES: Final = 40
UNLIMITED: Final = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
)
# The socket's file is gone once somebody is connected, so nobody hangs up when calls are rare.
_NEVER_IDLE: Final = ("grpc.client_idle_timeout_ms", 2**31 - 1)

AttributePath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error or warning of the provider."""

    error: bool
    summary: str
    detail: str
    path: AttributePath = ()

    def text(self) -> str:
        """Summary and detail in one line of thought."""
        same = not self.detail or self.detail == self.summary
        return self.summary if same else f"{self.summary}: {self.detail}"


class ProviderError(ToolError):
    """The provider refused or failed; carries every diagnostic."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(item.text() for item in diagnostics))


class Terraform:
    """The provider's process, started at first use, and its calls, from any number of threads."""

    def __init__(self, binary: Path) -> None:
        self._binary = binary
        self._process: subprocess.Popen[str] | None = None
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._handshake: list[str] = []
        self._shaken = threading.Event()
        self._starting = threading.Lock()
        self._started = False
        self._connecting = threading.Lock()

    @functools.cached_property
    def version(self) -> str:
        """The provider's version, from the binary's name."""
        found = re.search(r"_v(\d+(?:\.\d+)*)", self._binary.name)
        return found.group(1) if found else "unknown"

    def start(self) -> None:
        """Start the process without waiting for it."""
        with self._starting:
            if self._started:
                return
            self._started = True
            # A child told to die with its parent dies with the *thread* that made it: this one
            # therefore lives until the process does.
            threading.Thread(target=self._keep, name="terraform-provider", daemon=True).start()

    def _keep(self) -> None:
        guard = shutil.which("setpriv")
        command = [guard, "--pdeathsig", "TERM"] if guard else []
        environment = {**os.environ, "TF_PLUGIN_MAGIC_COOKIE": _COOKIE}
        environment["PLUGIN_PROTOCOL_VERSIONS"] = "5"
        # The plugin protocol has no place for a bundle, and the provider aborts on one.
        environment.pop("AWS_CA_BUNDLE", None)
        try:
            process = subprocess.Popen(
                [*command, str(self._binary)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except OSError as error:
            self._lines.append(str(error))
            self._shaken.set()
            return
        self._process = process
        assert process.stdout is not None
        threading.Thread(target=self._drain, args=(process,), daemon=True).start()
        self._handshake = process.stdout.readline().strip().split("|")
        if milliseconds := haste.wanted():
            self._lines.append(haste.hasten(process.pid, self._binary, milliseconds))
        self._shaken.set()
        for _ in process.stdout:
            continue
        process.wait()

    def _drain(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self._lines.append(line.rstrip()[:500])

    @functools.cached_property
    def _channel(self) -> grpc.Channel:
        self.start()
        if not self._shaken.wait(_START_SECONDS):
            msg = f"{self._binary.name} did not say its address within {_START_SECONDS:.0f} s"
            raise DeadlineError(msg)
        words = self._handshake
        if len(words) < 5 or words[1] != "5" or words[4] != "grpc":
            msg = f"{self._binary.name} is no Terraform provider of protocol 5: {self.last_words()}"
            raise ToolError(msg)
        target = f"unix:{words[3]}" if words[2] == "unix" else words[3]
        return grpc.insecure_channel(target, options=(*UNLIMITED, _NEVER_IDLE))

    def last_words(self) -> str:
        """What the process printed last, for the message about its end."""
        return "\n".join(self._lines) or "it printed nothing"

    @functools.cached_property
    def _service(self) -> Any:
        database = ProtoReflectionDescriptorDatabase(self._channel)
        pool = descriptor_pool.DescriptorPool(database)
        return pool.FindServiceByName("tfplugin5.Provider")

    @functools.cached_property
    def _methods(self) -> dict[str, tuple[Any, Any]]:
        found = {}
        for method in self._service.methods:
            request = message_factory.GetMessageClass(method.input_type)
            response = message_factory.GetMessageClass(method.output_type)
            call = self._channel.unary_unary(
                f"/tfplugin5.Provider/{method.name}",
                request_serializer=request.SerializeToString,
                response_deserializer=response.FromString,
            )
            found[method.name] = (request, call)
        return found

    def connect(self) -> None:
        """Wait until the provider can be called; later callers find everything in place."""
        with self._connecting:
            if "_methods" not in self.__dict__:
                _ = self._methods
                self._unlink()

    def _unlink(self) -> None:
        """Remove the socket's file: the engine's signal leaves plugins no time to tidy up."""
        network, address = self._handshake[2:4]
        if network == "unix":
            Path(address).unlink(missing_ok=True)

    def call(self, method: str, *, tolerant: bool = False, **fields: Any) -> Any:
        """One call. Byte strings of values are wrapped; errors raise unless `tolerant`."""
        self.connect()
        request_class, send = self._methods[method]
        request = request_class()
        for name, value in fields.items():
            member = request.DESCRIPTOR.fields_by_name[name]
            if member.message_type is not None and member.message_type.name == "DynamicValue":
                getattr(request, name).msgpack = value
            elif member.message_type is not None:
                member_message = getattr(request, name)
                for key, item in value.items():
                    setattr(member_message, key, item)
            else:
                setattr(request, name, value)
        try:
            response = send(request)
        except grpc.RpcError as error:
            raise self._broken(method, error) from error
        if not tolerant:
            errors = [item for item in diagnostics(response) if item.error]
            if errors:
                raise ProviderError(errors)
        return response

    def _broken(self, method: str, error: grpc.RpcError) -> ToolError:
        detail = error.details() if isinstance(error, grpc.Call) else str(error)
        process = self._process
        ended = "" if process is None or process.poll() is None else f"\n{self.last_words()}"
        msg = f"terraform-provider-aws {self.version} failed in {method}: {detail}{ended}"
        return ToolError(msg)

    def stop(self) -> None:
        """Ask running operations to end early."""
        if self._process is not None and self._process.poll() is None:
            self.call("Stop", tolerant=True)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()

    def configure(self, config: bytes) -> None:
        """Give the provider its own configuration."""
        self.call("Configure", terraform_version=_TERRAFORM_VERSION, config=config)


def diagnostics(response: Any) -> list[Diagnostic]:
    """What a response says beside its answer."""
    return [
        Diagnostic(
            error=item.severity == _ERROR,
            summary=item.summary,
            detail=item.detail,
            path=path_of(item.attribute),
        )
        for item in getattr(response, "diagnostics", ())
    ]


def path_of(message: Any) -> AttributePath:
    """An AttributePath message as a tuple of names, keys and indices."""
    return tuple(getattr(step, step.WhichOneof("selector")) for step in message.steps)
