"""How a client gets in: URL, authority and token, as files and as a snippet to paste."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lakehouse.errors import ContractError
from lakehouse.outputs import StackOutputs
from lakehouse.versions import DEFAULT_SET, load_set, pin_files
from ops.context import CHECKOUT, OpsContext
from ops.state import DEFAULT_CLOUD

CONSTRAINTS: Final = CHECKOUT / "client" / "constraints"
"""Files of pins, one for each version set."""

FOLDER: Final = "millrace"
CA: Final = "ca.pem"
USER_SUFFIX: Final = ".token"
DOCUMENT: Final = "connect.json"
"""What `lakehouse_client.connect()` reads when it is told nothing else."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """All that a client needs. The token itself is only in its file."""

    url: str
    ca_file: Path
    token_file: Path
    catalog: str

    def to_json(self) -> str:
        """The document that scripts read: exactly these four keys."""
        document = {
            "url": self.url,
            "ca_file": str(self.ca_file),
            "token_file": str(self.token_file),
            "catalog": self.catalog,
        }
        return json.dumps(document, indent=2)


def config_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Where connection files go: `$XDG_CONFIG_HOME/millrace`, else `~/.config/millrace`."""
    base = environment.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / FOLDER


def url(outputs: StackOutputs) -> str:
    """The endpoint as a Spark Connect URL, without the token."""
    return f"sc://{outputs.endpoint.host}:{outputs.endpoint.port}/;use_ssl=true"


def choose_user(outputs: StackOutputs, user: str) -> str:
    """The user asked for, or the first there is.

    Raises:
        ContractError: no such user; the message lists those there are.
    """
    users = outputs.endpoint.tokens
    chosen = user or next(iter(sorted(users)), "")
    if chosen not in users:
        have = ", ".join(sorted(users)) or "none"
        msg = (
            f"stack {outputs.stack} has no token for user {chosen!r}; it has: {have}. "
            "Add one under endpoint.users in the stack's configuration"
        )
        raise ContractError(msg)
    return chosen


def fetch_token(context: OpsContext, user: str) -> str:
    """The user's token from Secrets Manager; the log will never show it."""
    arn = context.outputs.endpoint.tokens[choose_user(context.outputs, user)]
    with context.inside():
        return context.redactor.learn(context.account.secrets.text(arn))


def folder_name(stack: str, cloud: str = DEFAULT_CLOUD) -> str:
    """The stack's folder; a local cloud with a name of its own has one of its own."""
    return stack if cloud == DEFAULT_CLOUD else f"{stack}-{cloud}"


def forget_connection(folder: Path) -> None:
    """Remove what `write_connection` wrote into a folder; nothing if it is not there."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name in (CA, DOCUMENT) or path.suffix == USER_SUFFIX:
            path.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()


def write_connection(context: OpsContext, user: str, directory: Path) -> Connection:
    """Fetch what is needed and write it below `directory`, readable by this user only."""
    chosen = choose_user(context.outputs, user)
    token = fetch_token(context, chosen)
    folder = directory / folder_name(context.stack, context.cloud)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = Connection(
        url=url(context.outputs),
        ca_file=folder / CA,
        token_file=folder / f"{chosen}{USER_SUFFIX}",
        catalog=context.outputs.catalogs[0].name if context.outputs.catalogs else "",
    )
    _write_private(connection.ca_file, context.outputs.endpoint.ca_certificate)
    _write_private(connection.token_file, token)
    _write_private(folder / DOCUMENT, connection.to_json() + "\n")
    return connection


def _write_private(path: Path, text: str) -> None:
    """Replace the file in one step, so that a reader never sees half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def snippet(connection: Connection) -> str:
    """Python that opens a session; needs nothing but the pinned client packages."""
    return f'''\
import os
from pathlib import Path

# Before anything imports grpc: the authority that signed the endpoint's certificate.
os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = "{connection.ca_file}"

from pyspark.sql import SparkSession

token = Path("{connection.token_file}").read_text().strip()
spark = SparkSession.builder.remote(f"{connection.url};token={{token}}").getOrCreate()
spark.sql("SHOW NAMESPACES IN {connection.catalog}").show()'''


def client_constraints(outputs: StackOutputs) -> Path:
    """Pins of the newest client that every generation takes: that of the oldest server."""
    known = pin_files()
    sets = {each.version_set for each in outputs.generations if each.version_set in known}
    versions = [load_set(each) for each in sets or {DEFAULT_SET}]
    oldest = min(versions, key=lambda each: [int(part) for part in each.line.split(".")])
    return CONSTRAINTS / f"spark-{oldest.spark}.txt"


def render(connection: Connection, constraints: Path) -> str:
    """What `lakehouse connect` prints: where things are, then the snippet."""
    return f"""\
endpoint  {connection.url}
CA        {connection.ca_file}
token     {connection.token_file}
catalog   {connection.catalog}
packages  pip install 'pyspark[connect]=={constraints.stem.removeprefix("spark-")}' -c {constraints}

{snippet(connection)}"""
