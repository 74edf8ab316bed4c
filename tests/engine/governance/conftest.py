"""Governance under Pulumi's real engine, in emulated accounts on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.place import Place, place_for

PROGRAM = '''
"""The catalog and the governance of a stack, without its network and its machines."""

import pulumi
from components.catalog import Catalog, CatalogArgs
from components.governance import Governance, GovernanceArgs
from components.stack import settings
from lakehouse.config import LakehouseConfig
from lakehouse.grants.declared import declare
from lakehouse.names import Names
from lakehouse.policies import Account
from lakehouse.tiers import tiers

names = Names(project=pulumi.get_project(), stack=pulumi.get_stack())
config = LakehouseConfig.from_pulumi(settings())
account = Account(region=config.region, account_id="123456789012")
tags = names.tags(config.tags)
buckets = tiers(config.catalog, names)
catalog = Catalog(
    names.prefix,
    CatalogArgs(account=account, names=names, shape=config.catalog, tiers=buckets, tags=tags),
)
Governance.where_asked(
    names.prefix,
    GovernanceArgs(
        names=names,
        shape=config.governance,
        boundary=config.access.permissions_boundary,
        declared=declare(
            config.governance,
            account=account,
            names=names,
            tiers=buckets,
        ),
        tags=tags,
    ),
    pulumi.ResourceOptions(depends_on=[catalog]),
)
'''


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_for(PROGRAM, tmp_path) as found:
        yield found
