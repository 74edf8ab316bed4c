"""The whole configuration of a stack, read in one go and judged in one go."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self, TypeVar

import pydantic_core
from pydantic import BaseModel, ValidationError

from lakehouse.config._findings import Finding, did_you_mean, translate
from lakehouse.config._rules import Parts, findings
from lakehouse.config._settings import Section, setting
from lakehouse.config.access import AccessConfig
from lakehouse.config.audit import AuditConfig
from lakehouse.config.catalog import CatalogConfig
from lakehouse.config.chaos import ChaosConfig
from lakehouse.config.endpoint import AwsConfig, EndpointConfig
from lakehouse.config.generation import GenerationConfig
from lakehouse.config.governance import GovernanceConfig
from lakehouse.config.network import NetworkConfig
from lakehouse.config.observability import ObservabilityConfig
from lakehouse.effects import Effect
from lakehouse.errors import ConfigError
from lakehouse.types import Slug, TagKey, TagValue

NAMESPACE: Final = "millrace"
"""Prefix of our keys in a stack file."""

REGION_KEY: Final = "aws:region"

_Model = TypeVar("_Model", bound=BaseModel)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_UNREADABLE = "holds what no text file can, or too many levels; write plain text, lists and maps"


class LakehouseConfig(Section):
    """A stack as its owner describes it. Keys in the stack file are `millrace:<section>`."""

    region: str = setting(
        "Region of the stack, from aws:region.",
        effect=Effect.REFUSED,
        required="no region is right for everybody",
    )
    network: NetworkConfig = setting(
        "The network.", effect=Effect.REPLACE, required="its zones have no default"
    )
    catalog: CatalogConfig = setting(
        "Where tables are kept.", factory=CatalogConfig, effect=Effect.IN_PLACE
    )
    access: AccessConfig = setting(
        "Users, secrets and logs.", factory=AccessConfig, effect=Effect.IN_PLACE
    )
    generations: dict[Slug, GenerationConfig] = setting(
        "Clusters by name.",
        effect=Effect.REPLACE,
        required="a lakehouse has at least one",
        min_length=1,
    )
    endpoint: EndpointConfig = setting(
        "How clients get in.", factory=EndpointConfig, effect=Effect.IN_PLACE
    )
    governance: GovernanceConfig = setting(
        "Who may read what through Lake Formation.",
        factory=GovernanceConfig,
        effect=Effect.IN_PLACE,
    )
    observability: ObservabilityConfig = setting(
        "Logs, alarms and the dashboard.", factory=ObservabilityConfig, effect=Effect.IN_PLACE
    )
    audit: AuditConfig = setting(
        "Who ran what, and who touched which table.", factory=AuditConfig, effect=Effect.IN_PLACE
    )
    chaos: ChaosConfig = setting(
        "Taking workers on purpose.", factory=ChaosConfig, effect=Effect.IN_PLACE
    )
    aws: AwsConfig = setting("The account's API.", factory=AwsConfig, effect=Effect.SWAP_LEADER)
    tags: dict[TagKey, TagValue] = setting(
        "Tags of every resource, beside the project's own. Machines and their volumes carry "
        "them from launch on.",
        factory=dict,
        effect=Effect.SWAP_LEADER,
    )

    @classmethod
    def from_pulumi(cls, values: Mapping[str, Any]) -> Self:
        """Read a stack's configuration: keys as in the stack file, values or JSON text.

        Keys of other namespaces are left to their owners.

        Raises:
            ConfigError: with every finding, each naming key, value, rule and remedy.
        """
        found: list[Finding] = []
        raw = _sections(values, found)
        config: Self | None = None
        try:
            config = cls.model_validate_json(json.dumps(raw, default=str))
        except ValidationError as error:
            # What could not even be read is left out, and is not missing for that.
            unreadable = {finding.key for finding in found}
            found.extend(each for each in _translated(error) if each.key not in unreadable)
        found.extend(findings(_parts(raw)))
        if found or config is None:
            raise ConfigError([str(finding) for finding in found])
        return config


def _sections(values: Mapping[str, Any], found: list[Finding]) -> dict[str, Any]:
    """Our sections by name, without the namespace; unknown ones become findings."""
    raw: dict[str, Any] = {}
    known = [name for name in LakehouseConfig.model_fields if name != "region"]
    region = values.get(REGION_KEY)
    if isinstance(region, str) and not _REGION.fullmatch(region):
        found.append(Finding(REGION_KEY, "is no region; write it as eu-central-1", region))
    elif region is not None:
        raw["region"] = region
    for key, value in values.items():
        namespace, _, name = key.partition(":")
        if namespace != NAMESPACE:
            continue
        if name not in known:
            found.append(Finding(key, f"is not a section; {did_you_mean(name, known)}"))
            continue
        parsed = _parsed(value)
        if _is_json(parsed):
            raw[name] = parsed
        else:
            found.append(Finding(key, _UNREADABLE))
    return raw


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _is_json(value: Any) -> bool:
    """Whether the validator can read a value: it is stricter than Python about nesting and text."""
    try:
        pydantic_core.from_json(json.dumps(value, default=str))
    except (ValueError, RecursionError):
        return False
    return True


def _translated(error: ValidationError) -> list[Finding]:
    errors = error.errors(include_url=False)
    places = {each["loc"] for each in errors}
    return [
        translate(each, _key(each["loc"]), _model_at(each["loc"]))
        for each in errors
        # Entries with findings of their own are not counted: the list looks short by them.
        if each["type"] != "too_short" or not _has_below(each["loc"], places)
    ]


def _has_below(location: tuple[int | str, ...], places: Iterable[tuple[int | str, ...]]) -> bool:
    return any(place[: len(location)] == location and place != location for place in places)


def _key(location: tuple[int | str, ...]) -> str:
    if location == ("region",):
        return REGION_KEY
    key = ""
    for part in location:
        if part != "[key]":
            key += f"[{part}]" if isinstance(part, int) else f".{part}"
    return f"{NAMESPACE}:{key.removeprefix('.')}"


def _model_at(location: tuple[int | str, ...]) -> type[BaseModel]:
    """The section that holds the field at the end of a location."""
    model: type[BaseModel] = LakehouseConfig
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        model = (_section_in(field.annotation) if field else None) or model
    return model


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """The section that a field holds, alone, in a list or in a map."""
    for each in (annotation, *typing.get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def _parts(raw: Mapping[str, Any]) -> Parts:
    """What can be read on its own, so that rules are judged even where a section is broken."""
    region = str(raw.get("region"))
    clusters = raw.get("generations")
    clusters = clusters if isinstance(clusters, dict) else {}
    read = {name: _valid(GenerationConfig, each) for name, each in clusters.items()}
    generations = {name: each for name, each in read.items() if each is not None}
    return Parts(
        region=region if _REGION.fullmatch(region) else None,
        network=_valid(NetworkConfig, raw.get("network")),
        catalog=_valid(CatalogConfig, raw.get("catalog", {})),
        access=_valid(AccessConfig, raw.get("access", {})),
        endpoint=_valid(EndpointConfig, raw.get("endpoint", {})),
        governance=_valid(GovernanceConfig, raw.get("governance", {})),
        observability=_valid(ObservabilityConfig, raw.get("observability", {})),
        audit=_valid(AuditConfig, raw.get("audit", {})),
        generations=generations,
        complete_generations=bool(generations) and len(generations) == len(clusters),
    )


def _valid(model: type[_Model], value: Any) -> _Model | None:
    try:
        return model.model_validate_json(json.dumps(value, default=str))
    except ValidationError:
        return None
