"""Opening, closing and renewing Spark Connect sessions, with a client of 3.5 or 4.1.

Habits of these clients are worked around here: they never send keepalives, so a connection that
a firewall forgot hangs for ever; closing one session breaks every other session of the process;
and after the server lost a session, 3.5 goes on in a new one without a word.

Server first, clients later: a client that is newer than its server is refused, because it may
ask for what the server does not know and be answered wrongly.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lakehouse_client.channel import channel_builder
from lakehouse_client.settings import Settings, find_settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

T = TypeVar("T")

_LOST = (
    "INVALID_HANDLE.SESSION_NOT_FOUND",
    # What a 4.x client says of the same, at once and from then on.
    "INVALID_HANDLE.SESSION_CHANGED",
    "NO_ACTIVE_SESSION",
)


class VersionError(Exception):
    """The client is of a newer Spark than the server."""


_open: list[SparkSession] = []
"""Sessions that must not be collected: the 3.5 client would break the others with them."""


def connect(
    url: str = "",
    ca_file: str | Path = "",
    token_file: str | Path = "",
    *,
    settings: Settings | None = None,
) -> SparkSession:
    """Open a new session.

    With a `url` the other two are taken as given; without one, everything comes from the
    document that `lakehouse connect` wrote. Trust in the authority is given to this connection
    alone: other gRPC users of the process keep theirs.

    Raises:
        SettingsError: nothing says which lakehouse, or a file is missing.
        VersionError: the server runs an older Spark than this client.
    """
    if settings is None:
        settings = (
            Settings(
                url=url,
                ca_file=Path(ca_file) if ca_file else None,
                token_file=Path(token_file) if token_file else None,
            )
            if url
            else find_settings()
        )
    # What `pyspark.sql.SparkSession.builder.remote` does first: it makes `pyspark.sql.functions`
    # build remote expressions, without which `udf` asks for a local SparkContext.
    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
    from pyspark.sql.connect.session import SparkSession as RemoteSession

    session: SparkSession = RemoteSession.builder.channelBuilder(channel_builder(settings)).create()
    client = session.client
    client.close = lambda: _close_channel(client)
    _open.append(session)
    _refuse_older_server(session)
    return session


def check_versions(client: str, server: str) -> None:
    """Server first, clients later; patches of one line may differ either way.

    Raises:
        VersionError: the client's line is newer than the server's.
    """
    if _line(client) > _line(server):
        msg = (
            f"this client is Spark {client}, the server is Spark {server}: a client may be older "
            f"than its server, never newer; install `pyspark=={server}` with its constraints file"
        )
        raise VersionError(msg)


def _refuse_older_server(session: SparkSession) -> None:
    import pyspark

    try:
        check_versions(pyspark.__version__, session.version)
    except VersionError:
        close(session)
        raise


def _line(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def close(session: SparkSession) -> None:
    """Let go of a session; every other session of this process goes on."""
    session.stop()
    if session in _open:
        _open.remove(session)


def _close_channel(client: object) -> None:
    # Without the shutdown of the pool that all sessions of the process share.
    client._channel.close()  # type: ignore[attr-defined]
    client._closed = True  # type: ignore[attr-defined]


def session_is_lost(error: BaseException) -> bool:
    """Whether the server no longer knows the session: it restarted, or evicted it."""
    return any(said in str(error) for said in _LOST)


class Lakehouse:
    """Keeps one session, and opens one new session when the server lost it."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or find_settings()
        self._session: SparkSession | None = None

    @property
    def session(self) -> SparkSession:
        """The session; opened at first use."""
        if self._session is None:
            self._session = connect(settings=self.settings)
        return self._session

    def renew(self) -> SparkSession:
        """Let go of the session and open another."""
        if self._session is not None:
            close(self._session)
            self._session = None
        return self.session

    def run(self, work: Callable[[SparkSession], T]) -> T:
        """Run `work` with the session; once more, in a new session, if it was lost.

        `work` makes its own temporary views and settings, and may be repeated.
        """
        try:
            return work(self.session)
        except Exception as error:
            if not session_is_lost(error):
                raise
        return work(self.renew())
