"""Whatever stands in a stack file, it is read, or refused in words that a person can act on.

1,000 examples in the unit tier; 10,000 with HYPOTHESIS_PROFILE=thorough.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from lakehouse.config import LakehouseConfig
from lakehouse.config.access import AccessConfig
from lakehouse.config.catalog import QuotasConfig, TableConfig, TierConfig
from lakehouse.config.generation import GenerationConfig
from lakehouse.config.governance import GovernanceConfig, GrantConfig, ReaderConfig, TaggedConfig
from lakehouse.config.ingest import IngestConfig, IngestTargetConfig
from lakehouse.errors import ConfigError
from lakehouse.names import Names
from lakehouse.subnets import AddressPlan
from lakehouse.tiers import Tier, tiers

EXAMPLES = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 1_000

ROOT = Path(__file__).parents[3]

GOVERNED = {
    "millrace:governance": {
        "federation": "create",
        "third_party_engines": True,
        "readers": {
            "bi": {
                "engines": ["athena"],
                "trusted": ["arn:aws:iam::123456789012:role/bi"],
                "statements": [
                    {
                        "Effect": "Allow",
                        "Action": ["s3:GetObject"],
                        "Resource": "arn:aws:s3:::results/*",
                    }
                ],
            },
            "jobs": {"engines": ["spark"], "arn": "arn:aws:iam::123456789012:role/jobs"},
        },
        "lf_tags": {"sensitivity": ["low", "high"]},
        "tagged": [
            {"tags": {"sensitivity": "low"}},
            {"namespace": "default", "table": "people", "tags": {"sensitivity": "high"}},
        ],
        "other_buckets": {"shared": ["reference"]},
        "grants": [
            {"to": "bi", "namespace": "default", "table": "orders", "columns": ["id"]},
            {"to": "bi", "tags": {"sensitivity": ["low"]}},
            {"to": "jobs", "bucket": "shared", "namespace": "reference", "table": "*"},
        ],
    }
}

INGESTING = {
    "millrace:access": {
        "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
        "ingest": {
            "airflow": {
                "trusted": ["arn:aws:iam::123456789012:role/airflow"],
                "external_id": "agreed",
                "create_tables": True,
                "into": [
                    {"namespace": "default"},
                    {"namespace": "default", "tables": ["orders", "people"]},
                ],
            },
            "firehose": {
                "trusted_services": ["firehose.amazonaws.com"],
                "into": [{"namespace": "default", "tables": ["events"]}],
                "statements": [
                    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::in/*"}
                ],
            },
        },
    }
}

TIERED = {
    "millrace:catalog": {
        "name": "silver",
        "namespaces": ["default", "sales"],
        "time_travel_days": 7,
        "maintenance": {"maximum_snapshot_age_hours": 240, "strategy": "binpack"},
        "tables": {"sales.orders": {"strategy": "sort", "record_expiration_days": 30}},
        "tiers": {
            "bronze": {"namespaces": ["raw"], "protect": False, "storage_class": "STANDARD"},
            "finance-gold": {
                "bucket": "finance",
                "expected_tables": 5000,
                "maintenance": {"minimum_snapshots": 3, "snapshot_management": False},
                "tables": {"default.ledger": {"maximum_snapshot_age_hours": 8760}},
            },
        },
        "quotas": {"tables": 20000, "buckets": 12},
    }
}

SCALED = {
    "millrace:generations": {
        "blue": {
            "image": "channel:prod",
            "leader": {"instance_type": "r7g.2xlarge"},
            "workers": {
                "instance_types": ["m7g.2xlarge", "m6g.2xlarge", "r7g.2xlarge"],
                "autoscale": {"enabled": True, "schedule": ["mon-fri 07:00-19:00 4"]},
            },
        }
    }
}

BASES = [
    dict(yaml.safe_load(path.read_text())["config"]) for path in sorted(ROOT.glob("Pulumi.*.yaml"))
]
BASES += [{**each, **GOVERNED, **SCALED, **INGESTING} for each in BASES[:1]]
BASES += [{**each, **GOVERNED, **TIERED} for each in BASES[:1]]

FINDING = re.compile(r"(aws:region|millrace:[^\n]*?)( = [^\n]*)?: [^\n]+")
"""Key, perhaps a value, and what is wrong."""

REMEDY = re.compile(
    r"\b(add|choose|describe|did you mean|give|grant|leave|lower|make|name|raise|remove|set|take"
    r"|turn|use|write)\b"
)
"""A word that tells somebody to do something."""

PARSER = ("pydantic", "should", "validation error", "Traceback", "Error(", "valid JSON")


def names_of(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from names_of(field.annotation)


def leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        for key, below in tree.items():
            yield key
            yield from leaves(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from leaves(below)
    else:
        yield tree


SECTIONS = (
    LakehouseConfig,
    AccessConfig,
    QuotasConfig,
    TableConfig,
    TierConfig,
    GenerationConfig,
    GovernanceConfig,
    ReaderConfig,
    GrantConfig,
    IngestConfig,
    IngestTargetConfig,
    TaggedConfig,
)
KNOWN = sorted({name for section in SECTIONS for name in names_of(section)})
SEEN = sorted({json.dumps(value) for base in BASES for value in leaves(base)})

ALIKE = [json.loads(each) for each in SEEN]

texts = st.one_of(
    st.sampled_from(KNOWN),
    st.sampled_from(["", " ", "*", "0.0.0.0/0", "channel:", "ami-", "null", "[]", "{", "arn:aws:"]),
    st.text(max_size=8),
    st.text("az09-_.:/*", max_size=80),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(-5, 100),
    st.floats(),
    texts,
    st.sampled_from(ALIKE),
)
keys = st.one_of(st.sampled_from(KNOWN), texts)
junk = st.recursive(
    scalars,
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(keys, below, max_size=3)),
    max_leaves=5,
)


@st.composite
def stack_files(draw: st.DrawFn) -> dict[str, Any]:
    """A stack file of the repository with up to four places spoilt, or nothing but junk."""
    if draw(st.integers(0, 19)) == 0:
        names = st.one_of(keys.map("millrace:{}".format), st.just("aws:region"), keys)
        return draw(st.dictionaries(names, junk, max_size=5))
    config = copy.deepcopy(draw(st.sampled_from(BASES)))
    for _ in range(draw(st.integers(0, 4))):
        spoil(draw, config)
    if draw(st.booleans()):
        # As the engine hands it over.
        return {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in config.items()
        }
    return config


def spoil(draw: st.DrawFn, config: dict[str, Any]) -> None:
    """Change one place, any of them alike: most are near the leaves."""
    target = draw(st.sampled_from(list(containers(config))))
    _change(draw, target, list(target) if isinstance(target, dict) else list(range(len(target))))


def containers(tree: Any) -> Iterator[Any]:
    """Every map and list, as often as it has entries."""
    below = tree.values() if isinstance(tree, dict) else tree
    yield from [tree] * max(1, len(tree))
    for each in below:
        if isinstance(each, dict | list):
            yield from containers(each)


def _change(draw: st.DrawFn, target: Any, places: list[Any]) -> None:
    ways = ["nudge", "nudge", "nudge", "nudge", "replace", "remove", "add", "rename", "repeat"]
    what = draw(st.sampled_from(ways))
    if what == "add" or not places:
        value = draw(junk)
        if isinstance(target, dict):
            target[draw(keys)] = value
        else:
            target.insert(draw(st.integers(0, len(target))), value)
        return
    place = draw(st.sampled_from(places))
    match what:
        case "nudge":
            target[place] = nudged(draw, target[place])
        case "replace":
            target[place] = draw(junk)
        case "remove":
            del target[place]
        case "rename" if isinstance(target, dict):
            target[draw(keys)] = target.pop(place)
        case _ if isinstance(target, dict):
            target[draw(keys)] = copy.deepcopy(target[place])
        case _:
            target.append(copy.deepcopy(target[place]))


def nudged(draw: st.DrawFn, value: Any) -> Any:
    """A value of the same kind, and perhaps still a right one: rules between settings see it."""
    match value:
        case bool():
            return not value
        case int():
            return draw(st.sampled_from([0, 1, -1, value - 1, value + 1, value * 10, 10**6]))
        case str():
            other = draw(st.sampled_from([each for each in ALIKE if isinstance(each, str)]))
            return draw(st.sampled_from([other, value.upper(), value[:-1], f"{value}x", ""]))
        case list():
            return value[: len(value) // 2] if draw(st.booleans()) else value * 2
    return draw(st.sampled_from([each for each in ALIKE if isinstance(each, type(value))] or [{}]))


def use(config: LakehouseConfig) -> None:
    """What the program does with every configuration: none of it may fail."""
    names = Names(project="millrace", stack="prod")
    plan = AddressPlan(config.network.cidr)
    assert len({plan.private(zone) for zone in config.network.zones}) == len(config.network.zones)
    assert all(names.generation(name) for name in config.generations)
    found, said = buckets(config, names)
    # What shows only with the names of project and stack is said in the same words.
    assert all(FINDING.fullmatch(each) and REMEDY.search(each) for each in said)
    assert len({each.catalog for each in found}) == len(found)
    assert all(each.wanted(table) for each in found for table in each.shape.tables)
    assert config.model_dump_json()


def buckets(config: LakehouseConfig, names: Names) -> tuple[tuple[Tier, ...], tuple[str, ...]]:
    """The table buckets, or why they cannot be."""
    try:
        return tiers(config.catalog, names), ()
    except ConfigError as error:
        return (), error.findings


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(stack_files())
def test_a_configuration_is_read_or_refused_with_key_rule_and_remedy(raw: dict[str, Any]) -> None:
    verdict = judge(raw)
    if isinstance(verdict, LakehouseConfig):
        use(verdict)
        return
    assert verdict, "refused without a word"
    for finding in verdict:
        assert FINDING.fullmatch(finding), f"no key: {finding!r}"
        assert REMEDY.search(finding), f"no remedy: {finding!r}"
        spoken = [word for word in PARSER if word in finding]
        assert spoken == [], f"the parser speaks: {finding!r}"


@settings(max_examples=EXAMPLES // 10, deadline=None)
@given(stack_files())
def test_a_configuration_is_judged_alike_every_time(raw: dict[str, Any]) -> None:
    assert judge(raw) == judge(copy.deepcopy(raw))


def judge(raw: dict[str, Any]) -> LakehouseConfig | tuple[str, ...]:
    """The configuration, or what is wrong with it; any other end is a failure of the test."""
    try:
        return LakehouseConfig.from_pulumi(raw)
    except ConfigError as error:
        return error.findings
