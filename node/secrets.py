"""Fetching what a role may know from Secrets Manager; values stay in memory and in /run."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lakehouse.boot import BootDocument
from node.errors import LastingError, NodeError


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Values; kept out of `repr` so that no traceback or log line can show one."""

    spark_auth: str = field(repr=False)
    certificate: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    """User name -> token."""


def fetch(document: BootDocument, client: Any) -> Secrets:
    """Read every secret the boot document names for this role.

    Raises:
        NodeError: Secrets Manager did not give one; names the ARN, never a value.
        LastingError: a secret does not have the form its reader needs.
    """
    named = document.secrets
    if document.role == "worker":
        return Secrets(spark_auth=_read(client, named.spark_auth))
    certificate, private_key = _tls(named.tls, _read(client, named.tls))
    return Secrets(
        spark_auth=_read(client, named.spark_auth),
        certificate=certificate,
        private_key=private_key,
        tokens={user: _read(client, arn) for user, arn in sorted(named.tokens.items())},
    )


def _read(client: Any, arn: str) -> str:
    if not arn:
        msg = "boot document names no ARN for a secret that the role leader needs"
        raise LastingError(msg)
    try:
        value = client.get_secret_value(SecretId=arn).get("SecretString", "")
    except (ClientError, BotoCoreError) as error:
        msg = f"secret {arn} could not be read: {error}"
        raise NodeError(msg) from error
    text = str(value).strip()
    if not text:
        msg = f"secret {arn} is empty"
        raise LastingError(msg)
    return text


def _tls(arn: str, text: str) -> tuple[str, str]:
    rule = f'secret {arn} must be JSON {{"certificate": PEM, "private_key": PEM}}'
    try:
        raw = json.loads(text)
        pair = (raw["certificate"], raw["private_key"])
    except (ValueError, TypeError, KeyError) as error:
        # Not `from error`: a JSON error quotes the document, which is the key.
        msg = f"{rule} ({type(error).__name__})"
        raise LastingError(msg) from None
    if not all(isinstance(part, str) and "-----BEGIN" in part for part in pair):
        msg = f"{rule}; one of the two is not PEM"
        raise LastingError(msg)
    return pair
