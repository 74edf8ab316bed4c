"""Errors as the engine wants them: in gRPC's words, with what was left behind, without secrets."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

import grpc
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import status_pb2

from lakehouse.errors import LakehouseError
from toolchain.awsplugin import secrets, wire
from toolchain.awsplugin.resources import Outcome

_Method = TypeVar("_Method", bound=Callable[..., Any])


class PartialError(LakehouseError):
    """An operation failed and left something behind."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.reasons = [item.text() for item in outcome.errors]
        super().__init__("; ".join(self.reasons))


def answers(method: _Method) -> _Method:
    """Turn errors into gRPC's, without the texts of secrets that the request carried."""

    @functools.wraps(method)
    def call(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except PartialError as error:
            context.set_trailing_metadata(_details(error, request))
            context.abort(grpc.StatusCode.UNKNOWN, _clean(error, request))
        except LakehouseError as error:
            context.abort(grpc.StatusCode.UNKNOWN, _clean(error, request))
        except Exception as error:
            where = "".join(traceback.format_tb(error.__traceback__)[-3:])
            text = f"the provider stand-in broke: {type(error).__name__}: {error}\n{where}"
            context.abort(grpc.StatusCode.INTERNAL, secrets.redact(text, texts_of(request)))

    return call  # type: ignore[return-value]


def texts_of(request: Any) -> frozenset[str]:
    """Texts of the secrets that a request carries."""
    names = [field.name for field, _ in request.ListFields()]
    structs = [getattr(request, n) for n in names if hasattr(getattr(request, n), "fields")]
    return secrets.telling(*(wire.decode(item) for item in structs))


def _clean(error: Exception, request: Any) -> str:
    return secrets.redact(str(error), texts_of(request))


def _details(error: PartialError, request: Any) -> tuple[tuple[str, bytes], ...]:
    """The message by which the engine keeps what a failed operation left behind."""
    texts = texts_of(request)
    failed = pb.ErrorResourceInitFailed(
        id=error.outcome.id,
        properties=wire.encode(error.outcome.outputs),
        reasons=[secrets.redact(reason, texts) for reason in error.reasons],
        inputs=request.properties if isinstance(request, pb.CreateRequest) else request.news,
    )
    code = grpc.StatusCode.UNKNOWN.value[0]
    status = status_pb2.Status(code=code, message=secrets.redact(str(error), texts))
    status.details.add().Pack(failed)
    return (("grpc-status-details-bin", status.SerializeToString()),)
