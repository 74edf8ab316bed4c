"""Every setting explains itself: what it is, what it is by default, what a change does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lakehouse.config import GenerationConfig, LakehouseConfig, effect_of, reason_required
from lakehouse.effects import Effect


def settings(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield f"{path}{name}", field
        below = GenerationConfig if name == "generations" else field.annotation
        if isinstance(below, type) and issubclass(below, BaseModel):
            yield from settings(below, f"{path}{name}.")


ALL = dict(settings(LakehouseConfig))


def test_the_whole_tree_is_looked_at() -> None:
    assert len(ALL) > 50
    assert "generations.workers.instance_types" in ALL


@pytest.mark.parametrize("key", ALL)
def test_a_setting_tells_what_changing_it_does(key: str) -> None:
    assert effect_of(ALL[key]) in Effect


@pytest.mark.parametrize("key", ALL)
def test_a_setting_is_described_in_a_sentence(key: str) -> None:
    description = ALL[key].description or ""
    assert description.endswith(".")


@pytest.mark.parametrize("key", ALL)
def test_a_setting_has_a_default_or_says_why_not(key: str) -> None:
    field = ALL[key]
    assert field.is_required() == bool(reason_required(field))


@pytest.mark.parametrize("model", [LakehouseConfig, GenerationConfig])
def test_sections_are_frozen_and_closed(model: type[BaseModel]) -> None:
    assert model.model_config["frozen"]
    assert model.model_config["extra"] == "forbid"
