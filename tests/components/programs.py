"""Programs to record: the whole stack, and each component with plain arguments."""

from __future__ import annotations

import functools
import json
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from components._image import Image
from components.access import Access, AccessArgs
from components.audit import Audit, AuditArgs
from components.catalog import Catalog, CatalogArgs
from components.chaos import Chaos, ChaosArgs
from components.cluster import Cluster, ClusterArgs
from components.endpoint import Endpoint, EndpointArgs, TargetArgs
from components.governance import Governance, GovernanceArgs
from components.network import Network, NetworkArgs
from components.observability import Observability, ObservabilityArgs
from components.traffic import Traffic, TrafficArgs
from lakehouse.config import CatalogConfig, ChaosConfig, GovernanceConfig, LakehouseConfig
from lakehouse.grants.declared import declare
from lakehouse.names import Names
from lakehouse.policies import Account
from lakehouse.tiers import tiers
from tests.components.recorder import ACCOUNT_ID, REGION, Recorded, build

ROOT = Path(__file__).parents[2]
TAGS = {"millrace:stack": "example", "cost-center": "data-platform"}
ACCOUNT = Account(region=REGION, account_id=ACCOUNT_ID)
NAMES = Names(project="millrace", stack="example")
TIERS = tiers(CatalogConfig(bucket="tables", namespaces=("default", "sales")), NAMES)
BUCKET_ARN = f"arn:aws:s3tables:{REGION}:{ACCOUNT_ID}:bucket/tables"


def stack_settings(stack: str) -> dict[str, Any]:
    """`config:` of a stack file of the repository."""
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text()
    return dict(yaml.safe_load(text)["config"])


def stack_config(stack: str = "example") -> LakehouseConfig:
    """The same, read."""
    return LakehouseConfig.from_pulumi(stack_settings(stack))


@functools.cache
def whole(stack: str, *, preview: bool = False) -> Recorded:
    """`__main__.py` on a stack file of the repository."""
    return build(
        lambda: runpy.run_path(str(ROOT / "__main__.py")),
        stack=stack,
        config=stack_settings(stack),
        preview=preview,
    )


def network(name: str, **changes: Any) -> Network:
    joined = changes.pop("joined", None)
    shape = stack_config().network.model_copy(update=changes)
    return Network(name, NetworkArgs(account=ACCOUNT, shape=shape, joined=joined, tags=TAGS))


def catalog(name: str, **changes: Any) -> Catalog:
    settings = {**stack_settings("example")["millrace:catalog"], **changes}
    shape = CatalogConfig.model_validate_json(json.dumps(settings))
    return Catalog(
        name,
        CatalogArgs(
            account=ACCOUNT, names=NAMES, shape=shape, tiers=tiers(shape, NAMES), tags=TAGS
        ),
    )


def access(name: str, **changes: Any) -> Access:
    shape = stack_config().access.model_copy(update=changes)
    names = ("connect.lakehouse.internal", "127.0.0.1")
    return Access(
        name,
        AccessArgs(
            account=ACCOUNT,
            names=NAMES,
            shape=shape,
            certificate_names=names,
            buckets={"": "tables"},
            key_arn=f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/1",
            tags=TAGS,
        ),
    )


def cluster(name: str, wiring: Mapping[str, Any] | None = None, **changes: Any) -> Cluster:
    config = stack_config()
    return Cluster(
        name,
        ClusterArgs(
            account=ACCOUNT,
            names=NAMES,
            generation="blue",
            image=Image(
                id="ami-0a0a0a0a0a0a0a0a0", version_set="spark-3.5", root_device="/dev/xvda"
            ),
            shape=config.generations["blue"].model_copy(update=changes),
            access=config.access,
            log_group="/millrace/example/blue",
            audit_log_group="/millrace/example/audit/queries",
            audit_statements=False,
            drain_seconds=300,
            aws_endpoint_url="",
            zone_name="lakehouse.internal",
            vpc_id="vpc-1",
            subnet_ids=["subnet-a", "subnet-b"],
            zone_id="Z1",
            leader_security_group_id="sg-leader",
            worker_security_group_id="sg-worker",
            catalogs=["lake"],
            warehouses={"lake": BUCKET_ARN},
            key_arn=f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/1",
            tls_arn=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT_ID}:secret:tls",
            token_arns={"dbt": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT_ID}:secret:dbt"},
            tags=TAGS,
            **(wiring or {}),
        ),
    )


def endpoint(name: str, **changes: Any) -> Endpoint:
    arguments: dict[str, Any] = {
        "subnet_ids": ["subnet-a", "subnet-b"],
        "security_group_id": "sg-endpoint",
        "zone_id": "Z1",
        "host": "connect.lakehouse.internal",
        "targets": {"blue": TargetArgs(arn="arn:blue", weight=100)},
        "idle_timeout_seconds": 3600,
        "tags": TAGS,
    }
    return Endpoint(name, EndpointArgs(**{**arguments, **changes}))


def observability(name: str, *, queries: bool = True, **changes: Any) -> Observability:
    config = stack_config()
    arn = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT_ID}"
    return Observability(
        name,
        ObservabilityArgs(
            account=ACCOUNT,
            names=NAMES,
            shape=config.observability.model_copy(update=changes),
            audit=config.audit.model_copy(update={"queries": queries}),
            log_days=30,
            balancer=f"{arn}:loadbalancer/net/connect/0f1e",
            minimum_workers={"blue": 2, "green": 0},
            target_groups={each: f"{arn}:targetgroup/{each}/2d3c" for each in ("blue", "green")},
            tags=TAGS,
        ),
    )


def traffic(name: str, **changes: Any) -> Traffic:
    arguments: dict[str, Any] = {
        "account": ACCOUNT,
        "shape": stack_config().network.flow_logs,
        "enabled": True,
        "log_group": NAMES.flow_log_group,
        "vpc_id": "vpc-1",
        "tags": TAGS,
    }
    return Traffic(name, TrafficArgs(**{**arguments, **changes}))


def audit(name: str, **changes: Any) -> Audit:
    shape = stack_config().audit.model_copy(update={"trail": True, **changes})
    return Audit(name, AuditArgs(account=ACCOUNT, shape=shape, warehouses=[BUCKET_ARN], tags=TAGS))


BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"
GOVERNED: dict[str, Any] = {
    "federation": "create",
    "third_party_engines": True,
    "admins": [f"arn:aws:iam::{ACCOUNT_ID}:role/platform"],
    "readers": {
        "notebooks": {"engines": ["spark"]},
        "dashboards": {
            "engines": ["athena", "redshift"],
            "trusted": [f"arn:aws:iam::{ACCOUNT_ID}:role/bi"],
            "trusted_services": ["redshift.amazonaws.com"],
            "managed_policies": ["arn:aws:iam::aws:policy/AmazonAthenaFullAccess"],
        },
        "auditors": {"engines": ["emr"], "arn": f"arn:aws:iam::{ACCOUNT_ID}:role/audit"},
    },
    "spark_reader": "notebooks",
    "grants": [
        {"to": "notebooks", "namespace": "sales", "table": "*"},
        {"to": "dashboards", "namespace": "sales", "table": "orders", "columns": ["day", "sum"]},
        {"to": "dashboards", "namespace": "default", "table": "people", "rows": "country = 'de'"},
        {"to": "auditors", "actions": ["describe"]},
    ],
}


def governance_settings(**changes: Any) -> dict[str, Any]:
    """The section above with changes, as a stack file would have it."""
    return {**GOVERNED, **changes}


def governance(name: str, **changes: Any) -> Governance:
    shape = GovernanceConfig.model_validate_json(json.dumps(governance_settings(**changes)))
    declared = declare(
        shape,
        account=ACCOUNT,
        names=NAMES,
        tiers=TIERS,
    )
    return Governance(
        name,
        GovernanceArgs(names=NAMES, shape=shape, declared=declared, boundary=BOUNDARY, tags=TAGS),
    )


def chaos(name: str, **changes: Any) -> Chaos:
    arguments: dict[str, Any] = {
        "account": ACCOUNT,
        "names": NAMES,
        "shape": ChaosConfig(enabled=True),
        "generations": ("blue", "green"),
        "tags": TAGS,
    }
    return Chaos(name, ChaosArgs(**{**arguments, **changes}))


BUILDERS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        network,
        catalog,
        access,
        cluster,
        endpoint,
        governance,
        observability,
        traffic,
        audit,
        chaos,
    )
}
