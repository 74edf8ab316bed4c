"""The way to the internet comes and goes by one setting, on the real engine, and leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.program import Program
from tests.engine.accounts import client, made_in, open_stack

pytestmark = pytest.mark.engine

MODES = ("nat", "nat-per-zone", "none")
GATEWAYS = {"none": 0, "nat": 1, "nat-per-zone": 2}


def deletable(config: dict[str, Any]) -> None:
    for section in ("millrace:catalog", "millrace:audit"):
        config[section]["protect"] = False


@pytest.fixture
def program(account: str, tmp_path: Path) -> Iterator[Program]:
    stack = open_stack("example", account, tmp_path, deletable)
    yield stack
    stack.destroy(lambda _: None)


def choose(program: Program, mode: str) -> None:
    path = program.directory / "Pulumi.example.yaml"
    document = yaml.safe_load(path.read_text())
    document["config"]["millrace:network"]["egress"] = mode
    path.write_text(yaml.safe_dump(document))


def gateways(url: str) -> int:
    found = client(url, "ec2").describe_nat_gateways()["NatGateways"]
    return sum(each["State"] != "deleted" for each in found)


def test_a_way_out_comes_and_goes_in_place(account: str, program: Program) -> None:
    program.up(lambda _: None)
    vpc = program.outputs().vpc_id
    logs = client(account, "ec2").describe_flow_logs()["FlowLogs"]
    assert [each["ResourceId"] for each in logs] == [vpc]
    assert logs[0]["LogDestination"].endswith(":log-group:/millrace/example/network/flows")
    for mode in MODES:
        choose(program, mode)
        program.up(lambda _: None)
        program.preview(lambda _: None, expect_no_changes=True)
        assert gateways(account) == GATEWAYS[mode]
        assert program.outputs().vpc_id == vpc, "nothing else is made anew"
    program.destroy(lambda _: None)
    assert not made_in(account)
    assert client(account, "ec2").describe_internet_gateways()["InternetGateways"] == []
    assert client(account, "ec2").describe_addresses()["Addresses"] == []
