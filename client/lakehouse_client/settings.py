"""Where the URL, the authority's certificate and the token of a lakehouse are."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "LAKEHOUSE_CONNECT"
"""Environment variable with the path of a document like `lakehouse connect --json` prints."""

FOLDER = "millrace"
DOCUMENT = "connect.json"


class SettingsError(Exception):
    """There is no complete description of a lakehouse to connect to."""


@dataclass(frozen=True)
class Settings:
    """What a client needs; the token is read when a session is opened, so it can rotate."""

    url: str
    ca_file: Path | None = None
    token_file: Path | None = None
    catalog: str = ""

    @property
    def token(self) -> str:
        """The token's present value, or an empty string when there is no token file."""
        return _read(self.token_file, "token").strip()

    @property
    def ca_certificate(self) -> str:
        """PEM of the authority, or an empty string to trust the system's own."""
        return _read(self.ca_file, "CA certificate")


def find_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the document that `LAKEHOUSE_CONNECT` names, else the only one in the user's home.

    Raises:
        SettingsError: there is no document, more than one, or one that lacks a key.
    """
    named = environment.get(VARIABLE)
    if named:
        return _load(Path(named))
    base = environment.get("XDG_CONFIG_HOME")
    folder = (Path(base) if base else Path.home() / ".config") / FOLDER
    found = sorted(folder.glob(f"*/{DOCUMENT}"))
    if len(found) == 1:
        return _load(found[0])
    if not found:
        msg = f"no lakehouse is known below {folder}: run `lakehouse connect`, or set {VARIABLE}"
    else:
        names = ", ".join(str(path) for path in found)
        msg = f"more than one lakehouse is known; set {VARIABLE} to one of: {names}"
    raise SettingsError(msg)


def _load(path: Path) -> Settings:
    try:
        raw = json.loads(path.read_text())
        return Settings(
            url=raw["url"],
            ca_file=Path(raw["ca_file"]),
            token_file=Path(raw["token_file"]),
            catalog=raw.get("catalog", ""),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is not what `lakehouse connect --json` prints: {error!r}"
        raise SettingsError(msg) from error


def _read(path: Path | None, what: str) -> str:
    if path is None:
        return ""
    try:
        return path.read_text()
    except OSError as error:
        msg = f"the {what} cannot be read: {error}; `lakehouse connect` writes it"
        raise SettingsError(msg) from error
