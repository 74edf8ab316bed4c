"""A configuration is read as the engine hands it over, and a wrong one is reported whole."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from lakehouse.config import LakehouseConfig
from lakehouse.errors import ConfigError

ROOT = Path(__file__).parents[3]
EXAMPLE = yaml.safe_load((ROOT / "Pulumi.example.yaml").read_text())["config"]

Change = Callable[[dict[str, Any]], None]


def put(path: str, value: Any) -> Change:
    """A change at a dotted path below the settings; `...` removes the key."""

    def change(settings: dict[str, Any]) -> None:
        key, *rest = path.split(">")
        target = settings
        for part in rest:
            target = target.setdefault(key, {})
            key = part
        if value is ...:
            del target[key]
        else:
            target[key] = value

    return change


NETWORK, ACCESS = "millrace:network", "millrace:access"
BLUE = "millrace:generations>blue"


def read(*changes: Change) -> LakehouseConfig:
    settings = copy.deepcopy(EXAMPLE)
    for change in changes:
        change(settings)
    return LakehouseConfig.from_pulumi(settings)


def test_the_example_stack_is_right() -> None:
    assert read().generations["blue"].leader.instance_type == "r7g.2xlarge"


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        read(
            put(f"{NETWORK}>cidr", "x"),
            put(f"{BLUE}>image", "x"),
            put(f"{ACCESS}>users", ["dbt", "dbt"]),
            put("millrace:endpont", {}),
        )
    keys = {finding.split(":")[1].split(" ")[0] for finding in error.value.findings}
    assert keys == {"network.cidr", "generations.blue.image", "access.users", "endpont"}


def test_sections_may_come_as_json_text_as_the_engine_sends_them() -> None:
    as_text = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in EXAMPLE.items()
    }
    assert LakehouseConfig.from_pulumi(as_text) == read()


def test_keys_of_other_namespaces_are_left_alone() -> None:
    assert read(put("aws:skipCredentialsValidation", "true"), put("other:x", "y")) == read()


def test_a_read_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        read().network.cidr = "10.0.0.0/16"  # type: ignore[misc]


def test_the_local_stack_is_right() -> None:
    settings = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())["config"]
    assert LakehouseConfig.from_pulumi(settings).aws.endpoint_url
