"""The stack for AWS, on the real engine, in an emulated account without machines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakehouse.outputs import StackOutputs
from ops.program import Program
from tests.cluster.accounts import (
    client,
    made_in,
    open_stack,
    point_channel,
    record_proof,
    register_image,
    running_account,
)

pytestmark = pytest.mark.cluster

CONTENT = "0" * 64


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    with running_account() as url:
        yield url


def deletable(config: dict[str, Any]) -> None:
    """The one edit: a test deletes its data and its records again."""
    for section in ("millrace:catalog", "millrace:audit"):
        config[section]["protect"] = False


@pytest.fixture(scope="module")
def program(account: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The stack as its file says, with the image that its channel names."""
    image = register_image(account, CONTENT)
    record_proof(account, image, CONTENT)
    point_channel(account, "prod", image)
    stack = open_stack("example", account, tmp_path_factory.mktemp("example"), deletable)
    yield stack
    stack.destroy(lambda _: None)
    assert not made_in(account), f"destroy leaves nothing that it made: {made_in(account)}"


def test_a_preview_of_the_stack_for_aws_has_no_error(program: Program) -> None:
    said: list[str] = []
    program.preview(said.append)
    assert any("to create" in line for line in said), "\n".join(said)


def test_up_then_preview_finds_nothing_to_change(program: Program) -> None:
    said: list[str] = []
    program.up(said.append)
    program.preview(said.append, expect_no_changes=True)
    outputs: StackOutputs = program.outputs()
    assert outputs.endpoint.host == "connect.lakehouse.internal"
    assert [each.name for each in outputs.generations] == ["blue"]


def test_no_secret_is_in_the_state_in_clear(program: Program, account: str) -> None:
    secrets = client(account, "secretsmanager")
    listed = secrets.list_secrets(MaxResults=100)["SecretList"]
    values = [secrets.get_secret_value(SecretId=each["ARN"])["SecretString"] for each in listed]
    folder = Path(program.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
    state = "\n".join(path.read_text() for path in folder.rglob("*.json"))
    assert len(values) >= 5, "token of each user, certificate, authority, Spark's secret"
    exposed = [len(value) for value in values if value in state or value[:40] in state]
    assert not exposed, "a state file is copied and mailed; secrets in it are encrypted"
