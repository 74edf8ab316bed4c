"""nginx in front of Spark Connect: TLS, tokens, one log line per RPC.

Tried with nginx 1.22 (Debian 12) and the 3.5.7 client. Nothing secret is in `nginx.conf`: the
tokens are in a file of their own, and the log names the user.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from lakehouse import ports
from node import paths
from node.errors import LastingError

SERVICE: Final = "/spark.connect.SparkConnectService/"

_USER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{16,512}")
"""RFC 6750's characters; shorter than 16 would be guessable."""


def render_tokens(tokens: Mapping[str, str]) -> str:
    """Lines for nginx's `map`: header value -> user.

    Regular expressions, because plain strings of a `map` ignore case.

    Raises:
        LastingError: a user or token that nginx could misread; the token is not shown.
    """
    seen: set[str] = set()
    lines = []
    for user, token in sorted(tokens.items()):
        if not _USER.fullmatch(user):
            msg = f"endpoint user {user!r} must match {_USER.pattern}"
            raise LastingError(msg)
        if not _TOKEN.fullmatch(token):
            msg = f"token of endpoint user {user} must be 16 to 512 characters of RFC 6750"
            raise LastingError(msg)
        if token in seen:
            msg = f"token of endpoint user {user} is another user's too; log lines could not tell"
            raise LastingError(msg)
        seen.add(token)
        lines.append(f'"~^Bearer {re.escape(token)}$" "{user}";\n')
    return "".join(lines)


def render_conf() -> str:
    """`nginx.conf`. The same on every leader: what differs is in the files it names."""
    return _CONF


_CONF: Final = f"""\
daemon off;
worker_processes auto;
pid {paths.GATEWAY_RUNTIME}/nginx.pid;
error_log stderr warn;

events {{
    worker_connections 4096;
}}

http {{
    server_tokens off;
    default_type application/octet-stream;

    # One line per RPC, into the journal. The user, never the header it came from.
    log_format rpc escape=json '{{"user":"$millrace_user","client":"$remote_addr",'
        '"rpc":"$uri","status":$status,"grpc_status":"$upstream_trailer_grpc_status",'
        '"seconds":$request_time,"received":$request_length,"sent":$bytes_sent,'
        '"agent":"$http_user_agent"}}';
    access_log syslog:server=unix:/dev/log,nohostname,tag=millrace_gateway rpc;

    client_body_temp_path {paths.GATEWAY_RUNTIME}/body;
    proxy_temp_path {paths.GATEWAY_RUNTIME}/proxy;
    fastcgi_temp_path {paths.GATEWAY_RUNTIME}/fastcgi;
    uwsgi_temp_path {paths.GATEWAY_RUNTIME}/uwsgi;
    scgi_temp_path {paths.GATEWAY_RUNTIME}/scgi;

    map $http_authorization $millrace_user {{
        default "";
        include {paths.TOKENS};
    }}

    upstream connect {{
        # One server: marking it as failed would refuse calls that a second later succeed.
        server 127.0.0.1:{ports.CONNECT} max_fails=0;
        keepalive 64;
        keepalive_requests 1000000;
        keepalive_time 24h;
        keepalive_timeout 1h;
    }}

    server {{
        listen {ports.GATEWAY} ssl http2 backlog=1024;

        ssl_certificate {paths.TLS_CERTIFICATE};
        ssl_certificate_key {paths.TLS_KEY};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:tls:2m;
        ssl_session_tickets off;

        # A client keeps one connection for days; nginx's own limits (75 s idle, 1000 requests,
        # 1 h) would break it for no gain. The load balancer's idle timeout still applies.
        keepalive_timeout 1h;
        keepalive_requests 1000000;
        keepalive_time 24h;
        http2_max_concurrent_streams 1024;

        # Plans, local data and artifacts have no size limit here; Spark has its own (128 MiB).
        client_max_body_size 0;
        # A stream cut by a timeout ends its query for good (RST_STREAM is not retried).
        client_body_timeout 1h;
        send_timeout 1h;
        grpc_read_timeout 1h;
        grpc_send_timeout 1h;
        grpc_connect_timeout 5s;
        grpc_socket_keepalive on;
        grpc_buffer_size 64k;

        location {SERVICE} {{
            if ($millrace_user = "") {{
                rewrite ^ /unauthenticated last;
            }}
            # Whatever the client says about itself, this is who it is.
            grpc_set_header x-millrace-user $millrace_user;
            grpc_set_header authorization "";
            grpc_pass grpc://connect;
        }}

        location = {ports.STATUS_PATH} {{
            if ($millrace_user = "") {{
                return 401;
            }}
            limit_except GET {{
                deny all;
            }}
            proxy_set_header authorization "";
            proxy_http_version 1.1;
            proxy_read_timeout 10s;
            proxy_pass http://127.0.0.1:{ports.NODE_STATUS}/;
        }}

        # An answer without a body, its trailers sent as headers: what gRPC calls trailers-only.
        location = /unauthenticated {{
            internal;
            types {{}}
            default_type application/grpc;
            add_header grpc-status 16 always;
            add_header grpc-message "no valid token" always;
            add_header content-type application/grpc always;
            return 204;
        }}

        location / {{
            default_type application/grpc;
            add_header grpc-status 12 always;
            add_header grpc-message "no such service" always;
            add_header content-type application/grpc always;
            return 204;
        }}
    }}
}}
"""
