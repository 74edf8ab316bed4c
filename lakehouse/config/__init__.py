"""A stack's configuration: one frozen tree, in which every setting tells its update effect."""

from __future__ import annotations

from lakehouse.config._root import NAMESPACE, REGION_KEY, LakehouseConfig
from lakehouse.config._settings import Section, effect_of, reason_required
from lakehouse.config.access import AccessConfig
from lakehouse.config.audit import AuditConfig
from lakehouse.config.catalog import CatalogConfig
from lakehouse.config.chaos import ChaosConfig
from lakehouse.config.endpoint import AwsConfig, EndpointConfig
from lakehouse.config.generation import GenerationConfig, LeaderConfig, WorkersConfig
from lakehouse.config.governance import GovernanceConfig, GrantConfig, ReaderConfig
from lakehouse.config.ingest import IngestConfig
from lakehouse.config.network import NetworkConfig
from lakehouse.config.observability import ObservabilityConfig

__all__ = [
    "NAMESPACE",
    "REGION_KEY",
    "AccessConfig",
    "AuditConfig",
    "AwsConfig",
    "CatalogConfig",
    "ChaosConfig",
    "EndpointConfig",
    "GenerationConfig",
    "GovernanceConfig",
    "GrantConfig",
    "IngestConfig",
    "LakehouseConfig",
    "LeaderConfig",
    "NetworkConfig",
    "ObservabilityConfig",
    "ReaderConfig",
    "Section",
    "WorkersConfig",
    "effect_of",
    "reason_required",
]
