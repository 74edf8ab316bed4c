"""The smoke suite: proves a running stack from its outputs, whatever it runs on.

    lakehouse smoke
    pytest tests/smoke --outputs outputs.json --ssh-key KEY --known-hosts FILE

Everything else comes from the outputs and from AWS credentials in the environment.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lakehouse.outputs import StackOutputs
from ops.access import Access, open_access
from ops.connect import Connection, choose_user, fetch_token, write_connection
from ops.context import CHECKOUT, OpsContext, context_from_environment, read_outputs
from ops.machines import Machine, find_machines
from tests.smoke.namespaces import drop_namespace

# The suite drives the package that users install, from this checkout.
sys.path.insert(0, str(CHECKOUT / "client"))

CATALOG_PREFIX = "smoke_"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("smoke")
    group.addoption("--outputs", help="file with the stack's outputs as JSON")
    group.addoption("--ssh-key", help="private key for the machines")
    group.addoption("--known-hosts", help="known_hosts file with the machines' keys")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.live)
        # A hung channel must end the test, not the whole run.
        item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def outputs(pytestconfig: pytest.Config) -> StackOutputs:
    path = pytestconfig.getoption("--outputs")
    if not path:
        msg = "the smoke suite needs --outputs FILE; `lakehouse smoke` gives it"
        raise pytest.UsageError(msg)
    return read_outputs(Path(path))


@pytest.fixture(scope="session")
def context(outputs: StackOutputs) -> OpsContext:
    return context_from_environment(outputs, os.environ)


@pytest.fixture(scope="session")
def token(context: OpsContext) -> str:
    return fetch_token(context, choose_user(context.outputs, ""))


@pytest.fixture(scope="session")
def connection(context: OpsContext, tmp_path_factory: pytest.TempPathFactory) -> Connection:
    """What `lakehouse connect` would give a user, written into the suite's own directory."""
    return write_connection(context, "", tmp_path_factory.mktemp("connect"))


@pytest.fixture(scope="session")
def new_session(connection: Connection) -> Callable[[], Any]:
    """Opens sessions as a user's program does; they live as long as the suite."""
    import lakehouse_client

    settings = lakehouse_client.Settings(
        url=connection.url, ca_file=connection.ca_file, token_file=connection.token_file
    )
    return lambda: lakehouse_client.connect(settings=settings)


@pytest.fixture(scope="session")
def spark(new_session: Callable[[], Any]) -> Any:
    """The session that most tests share."""
    return new_session()


@pytest.fixture(scope="session")
def namespace(spark: Any, context: OpsContext) -> Iterator[str]:
    """A namespace of this run, `<catalog>.<name>`; dropped with all it holds."""
    catalog = context.outputs.catalogs[0].name
    name = f"{CATALOG_PREFIX}{uuid.uuid4().hex[:10]}"
    spark.sql(f"CREATE NAMESPACE {catalog}.{name}")
    yield f"{catalog}.{name}"
    with context.inside():
        drop_namespace(context, name)


@pytest.fixture
def table(namespace: str) -> str:
    """A name for a table that no other test uses; it goes with the namespace."""
    return f"{namespace}.t_{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def access(context: OpsContext, pytestconfig: pytest.Config) -> Access:
    key = pytestconfig.getoption("--ssh-key")
    hosts = pytestconfig.getoption("--known-hosts")
    if not key:
        msg = "tests of machines need --ssh-key FILE; `lakehouse smoke` gives it"
        raise pytest.UsageError(msg)
    return open_access(context, Path(key), Path(hosts) if hosts else None)


@pytest.fixture(scope="session")
def machines(context: OpsContext) -> tuple[Machine, ...]:
    with context.inside():
        found = find_machines(context.account, context.outputs)
    return tuple(machine for machine in found if machine.in_service)
