"""Rules of governance as a whole: nothing of it works without Lake Formation."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.config import _grant_rules, _lake_rules, _reader_rules, _tag_rules
from lakehouse.config._findings import Finding
from lakehouse.config._lake_rules import KEY
from lakehouse.config.catalog import CatalogConfig
from lakehouse.config.governance import GovernanceConfig


def findings(governance: GovernanceConfig, catalog: CatalogConfig | None) -> Iterator[Finding]:
    """Every broken rule of governance; of the lake only where the catalog could be read."""
    yield from _federation(governance)
    yield from _reader_rules.findings(governance)
    yield from _tag_rules.findings(governance, catalog)
    yield from _grant_rules.findings(governance, catalog)
    if catalog is not None:
        yield from _lake_rules.other_buckets(governance, catalog)


def _federation(governance: GovernanceConfig) -> Iterator[Finding]:
    if governance.federation != "none":
        return
    for setting in ("grants", "admins", "third_party_engines", "spark_reader", "lf_tags", "tagged"):
        if getattr(governance, setting):
            yield Finding(
                f"{KEY}.{setting}",
                "needs Lake Formation, but governance.federation is none; set it to create in one "
                "stack of the account and region and to use in the others",
            )
