"""Spark Connect sessions on a Millrace lakehouse.

    import lakehouse_client
    spark = lakehouse_client.connect()

`connect` opens a session, `Lakehouse` keeps one and renews it when the server lost it, and
`Settings` says where the URL, the authority and the token are found.
"""

from lakehouse_client.session import (
    Lakehouse,
    VersionError,
    close,
    connect,
    session_is_lost,
)
from lakehouse_client.settings import Settings, SettingsError

__all__ = [
    "Lakehouse",
    "Settings",
    "SettingsError",
    "VersionError",
    "close",
    "connect",
    "session_is_lost",
]
