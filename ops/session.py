"""Spark sessions for commands of ours, through the package that users install."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from lakehouse.errors import PreflightError
from ops.connect import Connection
from ops.context import CHECKOUT


def open_session(connection: Connection) -> Any:
    """A session on the endpoint, opened exactly as a user's program would.

    Raises:
        PreflightError: the client's packages are not installed here.
    """
    folder = str(CHECKOUT / "client")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    client = importlib.import_module("lakehouse_client")
    settings = client.Settings(
        url=connection.url, ca_file=connection.ca_file, token_file=connection.token_file
    )
    try:
        return client.connect(settings=settings)
    except ImportError as error:
        msg = f"the Spark client is not installed here ({error}): pip install -r the constraints"
        raise PreflightError(msg) from error
