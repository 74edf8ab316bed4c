"""A wrong configuration is reported whole, in words that say what to write instead."""

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


NETWORK, CATALOG, ACCESS = "millrace:network", "millrace:catalog", "millrace:access"
BLUE = "millrace:generations>blue"
WORKERS = f"{BLUE}>workers"

BAD: list[tuple[Change, str]] = [
    (put("aws:region", "Frankfurt"), 'aws:region = "Frankfurt": is no region; write it as'),
    (put("aws:region", ...), "aws:region: is missing and has no default (no region is right"),
    (put("millrace:netwrk", {}), "millrace:netwrk: is not a section; did you mean network?"),
    (put("millrace:xyz", {}), "millrace:xyz: is not a section; remove it, or use one of access"),
    (put(NETWORK, "not json"), 'millrace:network = "not json": is of the wrong kind; write a map'),
    (put(NETWORK, ...), "millrace:network: is missing and has no default (its zones have no"),
    (put(f"{NETWORK}>zones", []), "millrace:network.zones = []: has too few entries; give at leas"),
    (put(f"{NETWORK}>zones", "eu-central-1a"), "is of the wrong kind; write a list"),
    (put(f"{NETWORK}>zones", ["euc1-az1"]), '"euc1-az1": is no availability zone; write it as'),
    (put(f"{NETWORK}>zones", ["eu-west-1a"]), "is not in aws:region eu-central-1; write eu-centr"),
    (put(f"{NETWORK}>zones", ["eu-central-1a"] * 2), "is written 2 times; write it once"),
    (put(f"{NETWORK}>cidr", "10.0.0.0/8"), 'cidr = "10.0.0.0/8": a VPC of ours is /16 to /20'),
    (put(f"{NETWORK}>cidr", "10.0.0.0/24"), "a VPC of ours is /16 to /20, to hold eight zones"),
    (put(f"{NETWORK}>cidr", "10.42.1.0/16"), "is no IPv4 network; write it as 10.42.0.0/16"),
    (put(f"{NETWORK}>cidr", "8.8.0.0/16"), "is public address space; choose a range in"),
    (put(f"{NETWORK}>clients", ["0.0.0.0/0"]), "lets the whole internet in; name the networks"),
    (put(f"{NETWORK}>clients", ["office"]), "is no IPv4 network; write it as 10.0.0.0/8"),
    (put(f"{NETWORK}>zone_name", "Lake House"), "is no DNS name; use lower case labels"),
    (put(f"{NETWORK}>zone", "a"), "millrace:network.zone: is not a setting; did you mean zones?"),
    (put(f"{NETWORK}>interface_services", ["S3 Tables"]), "is no AWS service; write"),
    (put(f"{CATALOG}>name", "my-lake"), "is no SQL name; use lower case letters, digits and"),
    (put(f"{CATALOG}>bucket", "ab"), 'bucket = "ab": is no bucket name; use 3 to 63'),
    (put(f"{CATALOG}>bucket", "Lake"), "is no bucket name; use 3 to 63 lower case"),
    (put(f"{CATALOG}>protect", "yes"), 'protect = "yes": is of the wrong kind; write true or fal'),
    (put(f"{CATALOG}>key_deletion_days", 3), "key_deletion_days = 3: is too small; give at least"),
    (put(f"{CATALOG}>key_deletion_days", 60), "is too large; give at most 30"),
    (put(f"{CATALOG}>namespaces", ["a", "a"]), '"a": is written 2 times; write it once'),
    (put(f"{ACCESS}>users", ["Anna Bell"]), "is no user name; use up to 32 lower case letters"),
    (put(f"{ACCESS}>users", []), "has too few entries; give at least 1"),
    (put(f"{ACCESS}>secret_recovery_days", 3), "is not a window that Secrets Manager offers"),
    (put(f"{ACCESS}>log_retention_days", 29), "the nearest is 30"),
    (put(f"{ACCESS}>token_rotation", 0), "token_rotation = 0: is too small; give at least 1"),
    (put("millrace:generations", ...), "millrace:generations: is missing and has no default"),
    (put("millrace:generations", {}), "millrace:generations = {}: has too few entries"),
    (put("millrace:generations", [1]), "is of the wrong kind; write a map of keys and values"),
    (put(f"{BLUE}>weight", 0), "gives every generation the weight 0, so that nobody gets in"),
    (put(f"{BLUE}>weight", 1000), "blue.weight = 1000: is too large; give at most 999"),
    (put(f"{BLUE}>image", "latest"), 'blue.image = "latest": is no image; write channel:<name>'),
    (put(f"{BLUE}>leader", {}), "blue.leader.instance_type: is missing and has no default (it"),
    (put(f"{BLUE}>leader>instance_type", "huge"), "is no EC2 instance type; write it as m7g.2x"),
    (put(f"{BLUE}>leadr", {}), "blue.leadr: is not a setting; did you mean leader?"),
    (put(f"{WORKERS}>instance_types", ["m7g.large"]), "makes 2 spot pools (1 types in 2 zones)"),
    (
        put(f"{WORKERS}>instance_types", ["m7g.large", "m6g.large", "m7i.large"]),
        "is x86_64, but the leader's r7g.2xlarge is arm64 and both run one image",
    ),
    (put(f"{WORKERS}>minimum", 21), "is above workers.maximum (20); lower it or raise"),
    (put(f"{WORKERS}>initial", 99), "is outside workers.minimum to workers.maximum; give 2 to 20"),
    (put(f"{WORKERS}>maximum", "20"), 'maximum = "20": is of the wrong kind; write a whole numb'),
    (put(f"{BLUE}>spark_conf", {"sql.x": "1"}), "is no Spark setting; they begin with spark."),
    (
        put(f"{BLUE}>spark_conf", {"spark.authenticate": "false"}),
        "spark_conf.spark.authenticate: is decided by the machine itself; remove it",
    ),
    (put("millrace:generations>Blue", EXAMPLE["millrace:generations"]["blue"]), "is no name; use"),
    (
        put("millrace:generations>a-very-long-name", EXAMPLE["millrace:generations"]["blue"]),
        "has a name of 16 characters; use at most 12",
    ),
    (put("millrace:endpoint>idle_timeout_seconds", 59), "is too small; give at least 60"),
    (put("millrace:endpoint>idle_timeout_seconds", 6001), "is too large; give at most 6000"),
    (put("millrace:endpoint>advertised_host", "Front Door"), "is neither a DNS name nor an IP"),
    (put("millrace:endpoint>additional_names", ["a b"]), "is neither a DNS name nor an IP addres"),
    (put("millrace:aws", {"endpoint_url": "192.0.2.10"}), "is no URL; write it as http://"),
    (put("millrace:tags", {"aws:x": "y"}), "begins with a prefix that is taken (aws:, millrace:)"),
    (put("millrace:tags", {"x": 1}), "millrace:tags.x = 1: is of the wrong kind; write text"),
]


def read(*changes: Change) -> LakehouseConfig:
    settings = copy.deepcopy(EXAMPLE)
    for change in changes:
        change(settings)
    return LakehouseConfig.from_pulumi(settings)


def test_the_example_stack_is_right() -> None:
    assert read().generations["blue"].leader.instance_type == "r7g.2xlarge"


@pytest.mark.parametrize(("change", "message"), BAD, ids=[each[1][:60] for each in BAD])
def test_a_mistake_is_named_with_its_remedy(change: Change, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(change)
    assert message in str(error.value)


@pytest.mark.parametrize("change", [each[0] for each in BAD], ids=[each[1][:60] for each in BAD])
def test_no_message_speaks_of_the_parser(change: Change) -> None:
    with pytest.raises(ConfigError) as error:
        read(change)
    for word in ("pydantic", "Input should", "validation", "Traceback", "valid dictionary"):
        assert word not in str(error.value)


@pytest.mark.parametrize("change", [each[0] for each in BAD], ids=[each[1][:60] for each in BAD])
def test_one_mistake_is_reported_once(change: Change) -> None:
    with pytest.raises(ConfigError) as error:
        read(change)
    assert len(error.value.findings) == len(set(error.value.findings)) == 1


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
