"""Rules between settings: what no single field can judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lakehouse.config import (
    _catalog_rules,
    _governance_rules,
    _ingest_rules,
    _network_rules,
    _watch_rules,
)
from lakehouse.config._findings import Finding
from lakehouse.config.access import AccessConfig
from lakehouse.config.audit import AuditConfig
from lakehouse.config.catalog import CatalogConfig
from lakehouse.config.endpoint import EndpointConfig
from lakehouse.config.generation import GenerationConfig
from lakehouse.config.governance import GovernanceConfig
from lakehouse.config.network import NetworkConfig
from lakehouse.config.observability import ObservabilityConfig
from lakehouse.types import architecture

MINIMUM_POOLS: Final = 6
"""Spot pools (types times zones) below which an interruption takes much of a fleet at once."""

MINIMUM_FAMILIES: Final = 2
"""Families (m7g, r7g ...) below which a shortage of one is a shortage of all."""

GENERATION_NAME_LENGTH: Final = 12

_OWNED_CONF: Final = (
    "spark.authenticate",
    "spark.connect.grpc.binding",
    "spark.connect.grpc.interceptor",
    "spark.master",
    "spark.millrace",
)
"""Settings that the machine decides: overriding them would open or break the cluster."""


@dataclass(frozen=True)
class Parts:
    """The sections that could be read; a section with findings of its own is absent."""

    region: str | None = None
    network: NetworkConfig | None = None
    catalog: CatalogConfig | None = None
    access: AccessConfig | None = None
    endpoint: EndpointConfig | None = None
    governance: GovernanceConfig | None = None
    observability: ObservabilityConfig | None = None
    audit: AuditConfig | None = None
    generations: Mapping[str, GenerationConfig] = field(default_factory=dict)
    complete_generations: bool = False
    """Whether `generations` holds all of them, so that sums over them mean something."""


def findings(parts: Parts) -> list[Finding]:
    """Every broken rule between the settings of what could be read."""
    found = [*_catalog(parts), *_access(parts), *_weights(parts)]
    if parts.network is not None:
        found[:0] = _network_rules.findings(parts.network, parts.region)
    for name, generation in parts.generations.items():
        found.extend(_generation(name, generation, parts))
    if parts.audit is not None:
        found.extend(_watch_rules.audit(parts.audit))
    if parts.observability is not None:
        found.extend(_watch_rules.observability(parts.observability))
    if parts.governance is not None:
        found.extend(_governance_rules.findings(parts.governance, parts.catalog))
    return found


def _catalog(parts: Parts) -> Iterator[Finding]:
    if parts.catalog is not None:
        yield from _catalog_rules.findings(parts.catalog)


def _access(parts: Parts) -> Iterator[Finding]:
    if parts.access is None:
        return
    yield from _repeated("millrace:access.users", parts.access.users)
    days = parts.access.secret_recovery_days
    if 0 < days < 7:
        yield Finding(
            "millrace:access.secret_recovery_days",
            "is not a window that Secrets Manager offers; give 0 or 7 to 30",
            days,
        )
    days = parts.access.log_retention_days
    yield from _watch_rules.retention("millrace:access.log_retention_days", days)
    yield from _ingest_rules.findings(parts.access, parts.catalog)


def _weights(parts: Parts) -> Iterator[Finding]:
    if not parts.complete_generations:
        return
    if sum(each.weight for each in parts.generations.values()) == 0:
        yield Finding(
            "millrace:generations",
            "gives every generation the weight 0, so that nobody gets in; "
            "give at least one a weight",
        )


def _generation(name: str, generation: GenerationConfig, parts: Parts) -> Iterator[Finding]:
    key = f"millrace:generations.{name}"
    if len(name) > GENERATION_NAME_LENGTH:
        yield Finding(
            key, f"has a name of {len(name)} characters; use at most {GENERATION_NAME_LENGTH}"
        )
    workers = generation.workers
    if workers.minimum > workers.maximum:
        yield Finding(
            f"{key}.workers.minimum",
            f"is above workers.maximum ({workers.maximum}); lower it or raise the maximum",
            workers.minimum,
        )
    elif not workers.minimum <= workers.initial <= workers.maximum:
        yield Finding(
            f"{key}.workers.initial",
            f"is outside workers.minimum to workers.maximum; "
            f"give {workers.minimum} to {workers.maximum}",
            workers.initial,
        )
    yield from _repeated(f"{key}.workers.instance_types", workers.instance_types)
    yield from _pools(key, workers.instance_types, parts.network)
    yield from _architectures(key, generation)
    for setting in generation.spark_conf:
        if not setting.startswith("spark."):
            yield Finding(
                f"{key}.spark_conf.{setting}",
                "is no Spark setting; name one that begins with spark.",
            )
        elif setting.startswith(_OWNED_CONF):
            yield Finding(
                f"{key}.spark_conf.{setting}", "is decided by the machine itself; remove it"
            )


def _pools(key: str, types: Sequence[str], network: NetworkConfig | None) -> Iterator[Finding]:
    if network is None or not network.zone_names:
        return
    zones = len(network.zone_names)
    pools = len(set(types)) * zones
    if pools < MINIMUM_POOLS:
        yield Finding(
            f"{key}.workers.instance_types",
            f"makes {pools} spot pools ({len(set(types))} types in {zones} zones), and at least "
            f"{MINIMUM_POOLS} are needed to survive an interruption; add types or zones",
            list(types),
        )
    elif len({each.partition(".")[0] for each in types}) < MINIMUM_FAMILIES:
        yield Finding(
            f"{key}.workers.instance_types",
            f"are of one family, which spot is short of as a whole; name types of at least "
            f"{MINIMUM_FAMILIES}, such as m7g, r7g and m6g",
            list(types),
        )


def _architectures(key: str, generation: GenerationConfig) -> Iterator[Finding]:
    leader = generation.leader.instance_type
    wanted = architecture(leader)
    for worker in generation.workers.instance_types:
        if architecture(worker) != wanted:
            yield Finding(
                f"{key}.workers.instance_types",
                f"is {architecture(worker)}, but the leader's {leader} is {wanted} and both run "
                f"one image; choose {wanted} types",
                worker,
            )


def _repeated(key: str, values: Sequence[str]) -> Iterator[Finding]:
    for value, count in Counter(values).items():
        if count > 1:
            yield Finding(key, f"is written {count} times; write it once", value)
