"""A stack in a VPC that somebody else made, on the real engine: it comes, and leaves no trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lakehouse.config.network import INTERFACE_SERVICES
from lakehouse.errors import ToolError
from ops.program import Program
from tests.engine.accounts import open_stack
from tests.engine.network.given import GivenVpc, make

pytestmark = pytest.mark.engine

OPEN = Callable[..., Program]


@pytest.fixture
def join(account: str, tmp_path: Path) -> Iterator[OPEN]:
    """Opens `Pulumi.given-vpc.yaml` on a VPC; the stack is destroyed again in the end."""
    opened: list[Program] = []

    def open_on(given: GivenVpc, **changes: Any) -> Program:
        def edit(config: dict[str, Any]) -> None:
            config["millrace:network"]["vpc"] = given.settings(**changes)
            config["millrace:catalog"]["protect"] = False
            config["millrace:audit"] = {"protect": False}

        opened.append(open_stack("given-vpc", account, tmp_path, edit))
        return opened[-1]

    yield open_on
    for program in opened:
        program.destroy(lambda _: None)


def test_a_stack_comes_and_goes_and_the_vpc_is_as_it_was(account: str, join: OPEN) -> None:
    given = make(account)
    before = given.picture()
    program = join(given)
    program.up(lambda _: None)
    program.preview(lambda _: None, expect_no_changes=True)
    assert program.outputs().vpc_id == given.id
    during = given.picture()
    same = ("vpc", "attributes", "route_tables", "endpoints", "rules", "flow_logs")
    assert {key: during[key] for key in same} == {key: before[key] for key in same}
    program.destroy(lambda _: None)
    assert given.picture() == before


def test_what_is_missing_is_made_and_goes_with_the_stack(account: str, join: OPEN) -> None:
    given = make(account, ["sts", "kms"], gateway=False)
    before = given.picture()
    program = join(given, endpoints="create", route_tables=[given.route_table])
    program.up(lambda _: None)
    program.preview(lambda _: None, expect_no_changes=True)
    made = {each["ServiceName"].rpartition(".")[2] for each in given.picture()["endpoints"]}
    assert {"s3", "glue", "s3tables", "sts"} <= made
    assert len(given.picture()["endpoints"]) == 1 + len(INTERFACE_SERVICES), "one of each"
    program.destroy(lambda _: None)
    assert given.picture() == before


def test_everything_that_a_vpc_lacks_is_said_before_anything_is_made(
    account: str, join: OPEN
) -> None:
    given = make(account, ["sts", "kms"], gateway=False)
    before = given.picture()
    program = join(given)
    said: list[str] = []
    with pytest.raises(ToolError) as error:
        program.preview(said.append)
    text = "\n".join([*said, str(error.value)])
    missing = set(INTERFACE_SERVICES) - {"sts", "kms"}
    assert f"{len(missing) + 1} problems in the stack's configuration" in text, text
    assert "has no gateway endpoint for S3" in text
    assert 'interface_services = "glue"' in text
    assert "Traceback" not in text
    assert given.picture() == before
