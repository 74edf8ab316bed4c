"""One Spark Connect call on a channel of our own: no retries, a deadline, the raw status."""

from __future__ import annotations

import uuid

import grpc

SECONDS = 20.0


def server_version(channel: grpc.Channel, seconds: float = SECONDS) -> str:
    """Ask for the server's version. Raises `grpc.RpcError` as it comes."""
    import pyspark.sql.connect.proto as proto
    from pyspark.sql.connect.proto import base_pb2_grpc

    request = proto.AnalyzePlanRequest(
        session_id=str(uuid.uuid4()),
        user_context=proto.UserContext(user_id="smoke"),
        client_type="lakehouse smoke",
        spark_version=proto.AnalyzePlanRequest.SparkVersion(),
    )
    stub = base_pb2_grpc.SparkConnectServiceStub(channel)
    return str(stub.AnalyzePlan(request, timeout=seconds).spark_version.version)


def status_of(channel: grpc.Channel, seconds: float = SECONDS) -> str:
    """The name of the status that the call ends with: `OK`, `UNAUTHENTICATED` ..."""
    try:
        server_version(channel, seconds)
    except grpc.RpcError as error:
        return str(error.code().name)  # type: ignore[attr-defined]
    finally:
        channel.close()
    return "OK"


def secure(target: str, authority: str, token: str = "") -> grpc.Channel:
    """A TLS channel that trusts one authority and carries a token if there is one."""
    credentials = grpc.ssl_channel_credentials(root_certificates=authority.encode())
    if token:
        credentials = grpc.composite_channel_credentials(
            credentials, grpc.access_token_call_credentials(token)
        )
    return grpc.secure_channel(target, credentials)
