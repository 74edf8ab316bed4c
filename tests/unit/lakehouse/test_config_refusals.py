"""Every wrong setting is refused in the words that the tables in `refusals/` hold, and no others.

A case of a table changes Pulumi.example.yaml: `set` puts values at dotted paths below a section,
`unset` takes one away, `copy` repeats one elsewhere, `governed` are settings of governance and
`ingest` those of a writer that is otherwise right.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakehouse.config import LakehouseConfig
from lakehouse.errors import ConfigError

ROOT = Path(__file__).parents[3]
TABLES = sorted((Path(__file__).parent / "refusals").glob("*.yaml"))
EXAMPLE = yaml.safe_load((ROOT / "Pulumi.example.yaml").read_text())["config"]
CASES = [
    pytest.param(case, id=f"{table.stem}-{position}")
    for table in TABLES
    for position, case in enumerate(yaml.safe_load(table.read_text()))
]
BI = {"engines": ["athena"], "trusted": ["arn:aws:iam::123456789012:role/bi"]}


def place(settings: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    """The map that holds a setting, and the setting's key in it."""
    head, *rest = path.split(".")
    *above, key = [head if ":" in head else f"millrace:{head}", *rest]
    for part in above:
        settings = settings.setdefault(part, {})
    return settings, key


def changed(case: dict[str, Any]) -> dict[str, Any]:
    """The example stack with a case's mistakes."""
    settings = copy.deepcopy(EXAMPLE)
    for path, value in case.get("set", {}).items():
        target, key = place(settings, path)
        target[key] = value
    for source, copied in case.get("copy", {}).items():
        target, key = place(settings, source)
        other, name = place(settings, copied)
        other[name] = copy.deepcopy(target[key])
    if "unset" in case:
        target, key = place(settings, case["unset"])
        del target[key]
    if "governed" in case:
        base = {"federation": "create", "readers": {"bi": BI}}
        settings["millrace:governance"] = {**base, **case["governed"]}
    if "ingest" in case:
        right = {"into": [{"namespace": "sales"}], "trusted": BI["trusted"]}
        settings["millrace:access"]["ingest"] = {"airflow": {**right, **case["ingest"]}}
    return settings


def test_the_tables_are_long_enough_to_mean_something() -> None:
    assert len(CASES) >= 60


def test_every_section_has_refusals() -> None:
    said = " ".join(text for case in CASES for text in case.values[0]["says"])
    missing = [
        name
        for name in LakehouseConfig.model_fields
        if name != "region" and f"millrace:{name}" not in said
    ]
    assert missing == [], "write cases for them into tests/unit/lakehouse/refusals"


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_refused_in_these_words(case: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as error:
        LakehouseConfig.from_pulumi(changed(case))
    assert list(error.value.findings) == case["says"]


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_said_once_in_one_line_with_its_key(case: dict[str, Any]) -> None:
    keys = [text.split(":", 2)[1].split(" = ")[0] for text in case["says"]]
    assert len(set(case["says"])) == len(keys)
    assert all(text.startswith(("aws:region", "millrace:")) for text in case["says"])
    assert not any("\n" in text for text in case["says"])


def test_a_case_of_the_tables_is_a_mistake_because_of_its_change() -> None:
    assert LakehouseConfig.from_pulumi(EXAMPLE)
    good = changed({"governed": {}, "ingest": {}})
    assert LakehouseConfig.from_pulumi(good).governance.readers["bi"].engines


@pytest.mark.parametrize("depth", [150, 500, 100_000])
def test_a_value_with_too_many_levels_is_refused_and_not_followed(depth: int) -> None:
    with pytest.raises(ConfigError, match="millrace:tags") as error:
        LakehouseConfig.from_pulumi({**EXAMPLE, "millrace:tags": "[" * depth + "]" * depth})
    assert len(error.value.findings) == 1


def test_a_key_with_a_line_end_stays_on_its_line() -> None:
    with pytest.raises(ConfigError) as error:
        LakehouseConfig.from_pulumi({**EXAMPLE, "millrace:tags": {"cost\ncenter": 1}})
    assert all(text.startswith("millrace:tags.cost\\ncenter") for text in error.value.findings)
