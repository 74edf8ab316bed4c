"""The gRPC channel: TLS against a given authority, a token, and keepalives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakehouse_client.settings import Settings

if TYPE_CHECKING:
    import grpc
    from pyspark.sql.connect.client.core import ChannelBuilder

KEEPALIVE = [
    # The gateway takes pings at this pace also while nothing runs; load balancers and firewalls
    # forget a silent connection, the fastest of those known to us after 350 s.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # gRPC's own pause between two attempts to connect grows to two minutes: one missed by a moment,
    # and a server that was away for three has given up what ran (five minutes) before a client is
    # back. The least is also the time that one attempt may take.
    ("grpc.min_reconnect_backoff_ms", 5_000),
    ("grpc.max_reconnect_backoff_ms", 5_000),
]


def channel_builder(settings: Settings) -> ChannelBuilder:
    """A channel builder that trusts this lakehouse's authority only here."""
    import grpc
    from pyspark.sql.connect.client import core

    # 4.0 gave the class that takes a URL, and the token that the URL holds, names of their own.
    base = getattr(core, "DefaultChannelBuilder", core.ChannelBuilder)
    token_of_url = "token" if base is not core.ChannelBuilder else "_token"

    class _Builder(base):  # type: ignore[misc, valid-type]
        def toChannel(self) -> grpc.Channel:
            if not self.secure and not settings.token:
                return grpc.insecure_channel(self.endpoint, options=self._channel_options)
            roots = settings.ca_certificate.encode() or None
            tls = grpc.ssl_channel_credentials(root_certificates=roots)
            token = settings.token or getattr(self, token_of_url)
            if token:
                tls = grpc.composite_channel_credentials(
                    tls, grpc.access_token_call_credentials(token)
                )
            return grpc.secure_channel(
                self.endpoint, credentials=tls, options=self._channel_options
            )

    options: list[tuple[str, Any]] = list(KEEPALIVE)
    return _Builder(settings.url, channelOptions=options)
